import { createSecureContext } from "node:tls";
import { ConfigError, closeable, closeOnce, type Registry, unavailable } from "@micro/core";
import { parseAddress } from "./address.ts";
import type { Settings } from "./open.ts";
import { defaults, type EtcdRegistryOptions, type EtcdTlsOptions, errorId } from "./options.ts";

/**
 * Finds services through etcd, with go-micro's keys and records. Loads etcd3 and connects at the first use.
 * Throws a `ConfigError` for a malformed address or certificate.
 */
export function etcdRegistry(options: EtcdRegistryOptions = {}): Registry {
  const settings = check(options);
  let opening: Promise<Registry> | undefined;
  let closed = false;

  function opened(): Promise<Registry> {
    if (closed) return Promise.reject(unavailable(errorId, "the etcd registry is closed"));
    opening ??= import("./open.ts").then(({ openRegistry }) => openRegistry(settings));
    return opening;
  }

  return {
    name: "etcd",
    register: async (record, registerOptions) => (await opened()).register(record, registerOptions),
    deregister: async (record) => (await opened()).deregister(record),
    getService: async (name) => (await opened()).getService(name),
    listServices: async () => (await opened()).listServices(),
    watch: (watchOptions) => ({
      [Symbol.asyncIterator]() {
        const inner = opened().then((registry) => registry.watch(watchOptions)[Symbol.asyncIterator]());
        // What a registry that cannot be opened says, it says to whoever asks for the next event.
        const left = inner.catch(() => undefined);
        return {
          next: async () => (await inner).next(),
          return: async () => (await (await left)?.return?.()) ?? { done: true, value: undefined },
        };
      },
    }),
    ...closeable(
      closeOnce(async () => {
        closed = true;
        await (await opening)?.close();
      }),
    ),
  };
}

function check(options: EtcdRegistryOptions): Settings {
  const { addresses: given, tls, auth: user, ...rest } = { ...defaults, ...options };
  const addresses = (given.length > 0 ? given : defaults.addresses).map(parseAddress);
  if (tls) checkTls(tls);
  return { ...rest, addresses, tls, auth: user ?? addresses.find((address) => address.auth)?.auth };
}

function checkTls(tls: EtcdTlsOptions): void {
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw new ConfigError("registry etcd: a client certificate and its key go together, found only one of them");
  try {
    const { ca, cert, key } = tls;
    createSecureContext({
      ...(ca !== undefined && { ca: Buffer.from(ca) }),
      ...(cert !== undefined && { cert: Buffer.from(cert) }),
      ...(key !== undefined && { key: Buffer.from(key) }),
    });
  } catch (reason) {
    const text = reason instanceof Error ? reason.message : String(reason);
    throw new ConfigError(`registry etcd: the certificates cannot be used, expected PEM: ${text}`, { cause: reason });
  }
}
