import { readFileSync } from "node:fs";
import { ConfigError, type RegistryPlugin } from "@micro/core";
import type { EtcdRegistryOptions, EtcdTlsOptions } from "./options.ts";

/**
 * Answers to `--registry=etcd`. Beside the addresses it reads from the environment: `MICRO_REGISTRY_TLS_CA`,
 * `MICRO_REGISTRY_TLS_CERT` and `MICRO_REGISTRY_TLS_KEY`, the paths of PEM files, `MICRO_REGISTRY_USERNAME` with
 * `MICRO_REGISTRY_PASSWORD`, and `MICRO_REGISTRY_DISCOVER_MEMBERS`, `true` or `false`.
 */
export const etcd: RegistryPlugin = {
  kind: "registry",
  name: "etcd",
  async open({ addresses, logger }) {
    const { etcdRegistry } = await import("./etcd-registry.ts");
    return etcdRegistry({ addresses, logger, ...fromEnvironment(process.env) });
  },
};

function fromEnvironment(env: NodeJS.ProcessEnv): Pick<EtcdRegistryOptions, "tls" | "auth" | "discoverMembers"> {
  const tls: EtcdTlsOptions = {
    ...readPem("ca", "MICRO_REGISTRY_TLS_CA", env),
    ...readPem("cert", "MICRO_REGISTRY_TLS_CERT", env),
    ...readPem("key", "MICRO_REGISTRY_TLS_KEY", env),
  };
  const username = env.MICRO_REGISTRY_USERNAME;
  return {
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(username && { auth: { username, password: env.MICRO_REGISTRY_PASSWORD ?? "" } }),
    ...readSwitch("discoverMembers", "MICRO_REGISTRY_DISCOVER_MEMBERS", env),
  };
}

function readSwitch(option: "discoverMembers", variable: string, env: NodeJS.ProcessEnv): EtcdRegistryOptions {
  const text = env[variable];
  if (!text) return {};
  if (text !== "true" && text !== "false") throw new ConfigError(`${variable} is "${text}", expected true or false`);
  return { [option]: text === "true" };
}

function readPem(option: keyof EtcdTlsOptions, variable: string, env: NodeJS.ProcessEnv): EtcdTlsOptions {
  const path = env[variable];
  if (!path) return {};
  try {
    return { [option]: readFileSync(path) };
  } catch (reason) {
    const text = reason instanceof Error ? reason.message : String(reason);
    throw new ConfigError(`${variable}: cannot read the PEM file it names: ${text}`, { cause: reason });
  }
}
