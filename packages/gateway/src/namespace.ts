import { ConfigError } from "@micro/core";

export interface NamespaceOptions {
  /** Where the names of the services begin; a trailing `.<type>` may be part of it. @default "go.micro" */
  namespace?: string;
  /** The kind of services reached, the part of their names after the namespace. @default "api" */
  type?: string;
}

/**
 * What the names of all services behind a gateway begin with, without the last dot: `go.micro.api`.
 *
 * `com.acme` and `com.acme.api` give the same, so that settings from before namespace and type were two keep working.
 * Throws a `ConfigError` when either is no service name.
 */
export function servicePrefix({ namespace = "go.micro", type = "api" }: NamespaceOptions = {}): string {
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
