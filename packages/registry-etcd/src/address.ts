import { isIPv6 } from "node:net";
import { ConfigError } from "@micro/core";

/** Where one member of the cluster listens. */
export interface EtcdAddress {
  /** `host:port` as gRPC takes it. */
  readonly target: string;
  readonly secure: boolean;
  /** For people, without credentials. */
  readonly text: string;
  /** From `http://user:password@host`. */
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Reads one address; throws a `ConfigError` that names it when it is malformed. */
export function parseAddress(given: string): EtcdAddress {
  const [, scheme, credentials, rest = ""] = /^(?:(https?):\/\/)?(?:(.*)@)?(.*?)\/?$/i.exec(given.trim()) ?? [];
  const { host, port } = parseHostPort(rest) ?? malformed(given);
  const secure = scheme?.toLowerCase() === "https";
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const auth = credentials === undefined ? undefined : parseCredentials(credentials, given);
  return { target, secure, text: secure ? `https://${target}` : target, ...(auth && { auth }) };
}

function parseHostPort(text: string): { host: string; port: number } | undefined {
  if (isIPv6(text)) return { host: text, port: defaultPort };
  const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]/\s@]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = v6 ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || (v6 !== undefined && !isIPv6(v6)) || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

const defaultPort = 2379;

function parseCredentials(text: string, given: string): { username: string; password: string } {
  const [, username, password] = /^([^:]+):(.*)$/.exec(text) ?? malformed(given);
  try {
    return { username: decodeURIComponent(username ?? ""), password: decodeURIComponent(password ?? "") };
  } catch {
    return malformed(given); // a percent sign that encodes nothing
  }
}

function malformed(given: string): never {
  // What stands before an @ may be a password.
  const shown = given.replace(/^((?:[a-z]+:\/\/)?).*@/i, "$1…@");
  throw new ConfigError(
    `registry address "${shown}" is no address of etcd: expected host, host:port, [v6]:port, http://host:port or https://host:port`,
  );
}
