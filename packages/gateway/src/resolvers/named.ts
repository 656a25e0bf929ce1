import { ConfigError } from "@micro/core";
import { type HandlerName, passesHttpOn, requireWord } from "../handlers/words.ts";
import { grpcResolver } from "./grpc.ts";
import { hostResolver } from "./host.ts";
import { microResolver } from "./micro.ts";
import { microProxyResolver } from "./micro-proxy.ts";
import { pathResolver } from "./path.ts";
import type { Resolver } from "./resolver.ts";
import { subdomainResolver } from "./subdomain.ts";
import { vpathResolver } from "./vpath.ts";

/** The words of `--resolver`. */
export const resolverNames = ["micro", "path", "host", "grpc", "vpath", "subdomain"] as const;
export type ResolverName = (typeof resolverNames)[number];

export interface ResolverSettings {
  /** What the names of services begin with, `go.micro.api`. */
  readonly prefix: string;
  /** What is done with requests; decides the form of `micro`. @default "meta" */
  readonly handler?: HandlerName;
  /** What `subdomain` takes off the Host header, `example.com`. */
  readonly baseDomain?: string;
}

/**
 * The resolver of that name. Throws a `ConfigError` for a word that names none, and for one that makes no sense with the
 * handler: all but `micro` find a service and no endpoint, which only handlers that pass HTTP on can do without.
 */
export function resolverNamed(name: string, { prefix, handler = "meta", baseDomain = "" }: ResolverSettings): Resolver {
  const word = requireWord("resolver", name, resolverNames);
  const passing = passesHttpOn(handler);
  if (word === "micro") return passing ? microProxyResolver(prefix) : microResolver(prefix);
  if (!passing)
    throw new ConfigError(
      `resolver ${word} finds a service but no endpoint, so handler ${handler} would call one named GET; use it with handler http, proxy or web, or use resolver micro`,
    );
  switch (word) {
    case "path":
      return pathResolver(prefix);
    case "vpath":
      return vpathResolver(prefix);
    case "host":
      return hostResolver();
    case "grpc":
      return grpcResolver();
    case "subdomain":
      if (baseDomain === "")
        throw new ConfigError("resolver subdomain needs the domain that services stand before, such as example.com");
      return subdomainResolver(prefix, baseDomain);
  }
}
