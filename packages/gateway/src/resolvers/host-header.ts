import type { HttpRequest } from "../message.ts";

/** The Host header as it came; empty without one. */
export function hostOf({ headers }: Partial<Pick<HttpRequest, "headers">>): string {
  const host = headers?.host;
  return typeof host === "string" ? host.trim() : "";
}

/** The name in the Host header: without port, in lower case. */
export function hostNameOf(request: Partial<Pick<HttpRequest, "headers">>): string {
  return hostOf(request).toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
}
