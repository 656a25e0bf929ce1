import { badRequest } from "@micro/core";
import { errorId } from "./options.ts";

/** Under which all records stand, one key a node. */
export const rootKey = "/micro/registry/";

/** The key of one node, as go-micro makes it: slashes within a name become dashes. */
export function nodeKey(service: string, nodeId: string): string {
  return `${serviceKey(service)}${segment(nodeId, "the node id")}`;
}

/** What the keys of all nodes of a service start with. Names that differ only in `/` and `-` share it. */
export function serviceKey(service: string): string {
  return `${rootKey}${segment(service, "the service name")}/`;
}

// go-micro cleans the joined path, by which these would climb out of the tree.
function segment(name: string, what: string): string {
  const clean = name.replaceAll("/", "-");
  if (clean === "" || clean === "." || clean === "..")
    throw badRequest(
      errorId,
      `cannot make an etcd key: ${what} is "${name}", expected one that is not empty, "." or ".."`,
    );
  return clean;
}

/** The end of the range of all keys that start with `prefix`. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  // Prefixes here end with a slash, never with a byte that has no successor.
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}
