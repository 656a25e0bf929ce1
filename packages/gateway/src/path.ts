import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";

/** The path and the query of a request target; both as received, the query without its `?`. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

/** Splits a request target, which is a path, or as proxies send it a whole URL. */
export function splitTarget(target: string): Target {
  const local = target.startsWith("/") ? target : target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  const end = local.search(/[?#]/);
  if (end < 0) return { path: local || "/", query: "" };
  const rest = local.slice(end);
  const hash = rest.indexOf("#");
  return {
    path: local.slice(0, end) || "/",
    query: rest.startsWith("#") ? "" : rest.slice(1, hash < 0 ? undefined : hash),
  };
}

/**
 * The path decoded, without empty and dot segments; a trailing slash stays. `//a/./b/../c/` is `/a/c/`.
 *
 * Done in place rather than by a redirect, since many clients turn a redirected POST into a GET.
 * Throws 400 when the percent-encoding is broken or does not stand for UTF-8.
 */
export function cleanPath(raw: string): string {
  const path = raw.includes("%") ? decodePath(raw) : raw;
  if (!unclean.test(path)) return path;
  const clean: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") clean.pop();
    else if (segment !== "" && segment !== ".") clean.push(segment);
  }
  const trailing = clean.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${clean.join("/")}${trailing}`;
}

const unclean = /\/\/|\/\.\.?(\/|$)|^[^/]|^$/;

function decodePath(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw badRequest(gatewayId, `path ${raw} is not percent-encoded UTF-8`);
  }
}
