import type { Metadata } from "../words/metadata.ts";

/** The headers that mucp defines, in lower case. */
export const micro = {
  endpoint: "micro-endpoint",
  error: "micro-error",
  id: "micro-id",
  method: "micro-method",
  protocol: "micro-protocol",
  service: "micro-service",
  stream: "micro-stream",
  target: "micro-target",
  topic: "micro-topic",
} as const;

/** What stands in the error header of the message that ends a stream. */
export const endOfStream = "EOS";

/** One of mucp's headers, under its name or, as older peers write it, with `X-` before it; empty when there is none. */
export function microHeader(headers: Metadata, name: string): string {
  return headers[name] || headers[`x-${name}`] || "";
}
