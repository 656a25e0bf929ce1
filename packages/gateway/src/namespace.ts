import { ConfigError } from "@micro/core";
import { hostNamespace, loadPublicSuffixes, type RegistrableDomain } from "./host-namespace.ts";
import { hostNameOf } from "./resolvers/host-header.ts";
import type { Resolvable } from "./resolvers/resolver.ts";

export interface NamespaceOptions {
  /**
   * Where the names of the services begin; a trailing `.<type>` may be part of it. `domain` takes it from the Host header of each
   * request: `staging` for `staging.myapp.com`, `go.micro` where the host tells none. @default "go.micro"
   */
  namespace?: string;
  /** The kind of services reached, the part of their names after the namespace. @default "api" */
  type?: string;
}

const usualNamespace = "go.micro";

/** What the names of services behind a gateway begin with, without the last dot: `go.micro.api`. */
export interface ServicePrefixes {
  /** That of every request; with `byHost` that of hosts which tell none. */
  readonly usual: string;
  /** The Host header decides. */
  readonly byHost: boolean;
  /** That of one request. With `byHost` throws 400 for a Host that is no host's name. */
  of(request: Pick<Resolvable, "headers">): string;
  /** Whether a service stands under some prefix, that of whichever request. */
  covers(service: string): boolean;
  /** Resolves when `of` may be asked. */
  load(): Promise<void>;
}

/** The prefixes of a gateway that knows the Host of its requests. Throws a `ConfigError` when namespace or type is no service name. */
export function servicePrefixes(options: NamespaceOptions = {}): ServicePrefixes {
  if (options.namespace === "domain") return prefixesByHost(options.type);
  const usual = servicePrefix(options);
  const beginning = `${usual}.`;
  return {
    usual,
    byHost: false,
    of: () => usual,
    covers: (service) => service.startsWith(beginning),
    load: async () => undefined,
  };
}

function prefixesByHost(type = "api"): ServicePrefixes {
  const usual = servicePrefix({ namespace: usualNamespace, type });
  const middle = `.${type}.`;
  let registrable: RegistrableDomain | undefined;
  return {
    usual,
    byHost: true,
    of(request) {
      if (!registrable) throw new TypeError("prefixes are asked for before they are loaded");
      const namespace = hostNamespace(hostNameOf(request), registrable);
      // The type is added whatever the namespace ends in: `api.myapp.com` is `api.api`, as in go-micro.
      return namespace === undefined ? usual : `${namespace}.${type}`;
    },
    covers: (service) => service.indexOf(middle) > 0,
    async load() {
      registrable ??= await loadPublicSuffixes();
    },
  };
}

/**
 * What the names of all services behind a gateway begin with, without the last dot: `go.micro.api`.
 *
 * `com.acme` and `com.acme.api` give the same, so that settings from before namespace and type were two keep working.
 * Throws a `ConfigError` when either is no service name, and for `domain`, which takes a request to tell.
 */
export function servicePrefix({ namespace = usualNamespace, type = "api" }: NamespaceOptions = {}): string {
  if (namespace === "domain")
    throw new ConfigError(
      "namespace is domain, which would take it from the Host header; expected a fixed one such as go.micro",
    );
  requireName("namespace", namespace);
  requireName("type", type);
  return namespace.endsWith(`.${type}`) ? namespace : `${namespace}.${type}`;
}

function requireName(what: string, text: string): void {
  if (/^[\w-]+(\.[\w-]+)*$/.test(text)) return;
  throw new ConfigError(
    `${what} is ${JSON.stringify(text)}; expected letters, digits, "_" and "-" in parts joined by dots`,
  );
}
