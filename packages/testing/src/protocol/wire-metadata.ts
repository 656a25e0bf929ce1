import type { Metadata, OutgoingCall } from "@micro/core";

/**
 * The headers of a call as its handler sees them: a copy, without those that belong to a connection. What cannot be
 * written in a header is percent-encoded, as gRPC does.
 */
export function receivedMetadata({ metadata }: OutgoingCall, peer: string): Metadata {
  const received: Metadata = Object.create(null);
  for (const given in metadata) {
    const key = given.toLowerCase();
    if (reserved.has(key) || key.startsWith("grpc-") || !/^[0-9a-z_.-]+$/.test(key)) continue;
    const value = metadata[given] ?? "";
    received[key] = /^[ -~]*$/.test(value) ? value : encodeURIComponent(value.toWellFormed());
  }
  received.remote = peer;
  return received;
}

const reserved: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "host",
  "http2-settings",
  "keep-alive",
  "local",
  "proxy-connection",
  "remote",
  "te",
  "timeout",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-content-type",
]);
