import { type Logger, silentLogger } from "@micro/core";

export interface EtcdTlsOptions {
  /** Certificates that etcd's must be signed by, PEM. @default those the system trusts */
  ca?: string | Uint8Array;
  /** A certificate to show to etcd, PEM; goes with `key`. @default none */
  cert?: string | Uint8Array;
  /** The key of `cert`, PEM. */
  key?: string | Uint8Array;
}

export interface EtcdRegistryOptions {
  /**
   * Where the members of the cluster listen: `host`, `host:port`, `[v6]:port`, `http://…` or `https://…`.
   * @default ["127.0.0.1:2379"]
   */
  addresses?: readonly string[];
  /** Given at all, it turns TLS on for every address, as `https://` does for one. */
  tls?: EtcdTlsOptions;
  /** Name and password of an etcd user. @default none */
  auth?: { username: string; password: string };
  /** Also asks members that the cluster itself names, while none at `addresses` serves. @default true */
  discoverMembers?: boolean;
  /** How long one operation may take, other members and further tries included, in milliseconds. @default 5000 */
  timeoutMs?: number;
  /** Where lost and regained connections and unreadable records are reported. @default nowhere */
  logger?: Logger;
}

/** What holds where an option is left out. */
export const defaults: {
  readonly addresses: readonly string[];
  readonly discoverMembers: boolean;
  readonly timeoutMs: number;
  readonly logger: Logger;
} = {
  addresses: ["127.0.0.1:2379"],
  discoverMembers: true,
  timeoutMs: 5_000,
  logger: silentLogger,
};

/** Who raises this package's errors. */
export const errorId = "micro.registry.etcd";
