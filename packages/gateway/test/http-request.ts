import type { HttpRequest } from "../src/message.ts";
import { cleanPath, splitTarget } from "../src/path.ts";

/** A request as a program would hand it over; headers in the order given. */
export function httpRequest(
  method: string,
  url: string,
  headers: readonly (readonly [string, string])[] = [],
  body: string | Uint8Array = "",
): HttpRequest {
  const { path, query } = splitTarget(url);
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}, ${value}`;
  }
  return {
    method,
    url,
    path: cleanPath(path),
    query,
    headers: joined,
    rawHeaders: headers.flat(),
    remoteAddress: "10.0.0.9",
    body: typeof body === "string" ? Buffer.from(body) : body,
  };
}

/** The header that says what the body is. */
export const typed = (contentType: string): [string, string][] => [["Content-Type", contentType]];
