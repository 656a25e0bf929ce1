import type { Filter } from "./selector.ts";

/** Keeps nodes of exactly this version. */
export function byVersion(version: string): Filter {
  return ({ record }) => record.version === version;
}

/** Keeps nodes whose metadata has this value under this key. */
export function byLabel(key: string, value: string): Filter {
  return ({ node }) => Object.hasOwn(node.metadata, key) && node.metadata[key] === value;
}

/** Keeps nodes whose service lists an endpoint of this name, such as `User.QueryUserByName`. */
export function byEndpoint(name: string): Filter {
  return ({ record }) => record.endpoints.some((endpoint) => endpoint.name === name);
}
