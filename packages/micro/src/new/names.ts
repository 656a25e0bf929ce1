import { ConfigError } from "@micro/core";

export const projectTypes = ["service", "function", "api", "web"] as const;
export type ProjectType = (typeof projectTypes)[number];

/** What a project calls itself at all the places where its name stands. */
export interface ProjectNames {
  readonly type: ProjectType;
  /** `user-profile`, as in files and paths. */
  readonly alias: string;
  /** `UserProfile`, as in the proto file. */
  readonly pascal: string;
  /** `userProfile`, as in code. */
  readonly camel: string;
  /** `go.micro.service.user-profile`, as in the registry. */
  readonly fqdn: string;
  /** The same as a proto package: without hyphens, and with `_` before a digit. */
  readonly protoPackage: string;
  /** The service that an API or web application of this name asks. */
  readonly backend: string;
  readonly backendPackage: string;
}

export interface NameOptions {
  readonly type: ProjectType;
  readonly alias: string;
  readonly namespace: string;
  /** @default namespace, type and alias */
  readonly fqdn?: string;
}

/** All of them. Throws a `ConfigError` for what cannot be a name. */
export function projectNames({
  type,
  alias,
  namespace,
  fqdn = `${namespace}.${type}.${alias}`,
}: NameOptions): ProjectNames {
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/i.test(alias))
    throw new ConfigError(
      `${JSON.stringify(alias)} cannot name a service; expected letters, digits and hyphens, such as user-profile`,
    );
  if (!/^[\w-]+(\.[\w-]+)*$/.test(fqdn))
    throw new ConfigError(
      `${JSON.stringify(fqdn)} is no name for the registry; expected parts joined by dots, such as go.micro.service.user`,
    );
  const pascal = alias
    .split(/[-_]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  if (messages.includes(pascal))
    throw new ConfigError(
      `a service cannot be called ${alias}: ${pascal} is a message of its own; --alias chooses another word`,
    );
  const backend = `${namespace}.service.${alias}`;
  return {
    type,
    alias,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    fqdn,
    protoPackage: packageOf(fqdn),
    backend,
    backendPackage: packageOf(backend),
  };
}

// What the proto files of the templates call their messages; a package has each name once.
const messages: readonly string[] = [
  "Backend",
  "Message",
  "Ping",
  "Pong",
  "Request",
  "Response",
  "StreamingRequest",
  "StreamingResponse",
];

function packageOf(name: string): string {
  return name
    .replaceAll("-", "")
    .split(".")
    .map((part) => (/^\d/.test(part) ? `_${part}` : part))
    .join(".");
}
