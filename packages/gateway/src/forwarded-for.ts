import type { HttpRequest } from "./message.ts";

/** The `x-forwarded-for` to hand on: what the caller sent, and the caller's own address after it. */
export function forwardedFor({ headers, remoteAddress }: Pick<HttpRequest, "headers" | "remoteAddress">): string {
  const before = headers["x-forwarded-for"];
  const chain = typeof before === "string" ? before : (before?.join(", ") ?? "");
  const peer = remoteAddress.startsWith("::ffff:") ? remoteAddress.slice(7) : remoteAddress;
  if (chain === "" || peer === "") return chain || peer;
  return `${chain}, ${peer}`;
}
