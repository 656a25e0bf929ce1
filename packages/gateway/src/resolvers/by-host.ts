import { ConfigError } from "@micro/core";
import type { ServicePrefixes } from "../namespace.ts";
import { recent } from "../recent.ts";
import { type ResolverSettings, resolverNamed } from "./named.ts";
import type { Resolver } from "./resolver.ts";

/**
 * The resolver of that name under the prefixes of a gateway: one for all requests, or one for each prefix that hosts stand for.
 *
 * Throws a `ConfigError` as `resolverNamed` does, and where the Host decides for a resolver that does not ask for the prefix (`host`,
 * `grpc`) or takes the service itself from the Host (`subdomain`).
 */
export function resolverUnder(
  name: string,
  prefixes: Pick<ServicePrefixes, "usual" | "byHost" | "of">,
  settings: Omit<ResolverSettings, "prefix">,
): Resolver {
  const usual = resolverNamed(name, { ...settings, prefix: prefixes.usual });
  if (!prefixes.byHost) return usual;
  const other = refused[name];
  if (other !== undefined)
    throw new ConfigError(
      `namespace domain takes the namespace from the Host header, but resolver ${name} ${other}; use resolver micro, path or vpath, or a fixed namespace`,
    );
  // Names in the Host header are a stranger's choice, and each resolver remembers paths of its own.
  const resolvers = recent<Resolver>(32);
  return (request) => {
    const prefix = prefixes.of(request);
    if (prefix === prefixes.usual) return usual(request);
    const known = resolvers.get(prefix);
    if (known) return known(request);
    const resolve = resolverNamed(name, { ...settings, prefix });
    resolvers.set(prefix, resolve);
    return resolve(request);
  };
}

const refused: Readonly<Record<string, string>> = {
  host: "takes the whole name of the service from there, without a namespace",
  grpc: "takes the whole name of the service from the path, without a namespace",
  subdomain: "takes the service from there",
};
