/**
 * Headers of a call or message: one string a key, keys in lower case. Several values of one header are joined
 * with `, `, as go-micro does.
 *
 * A plain object without prototype, so that passing one on costs nothing and a key such as `__proto__` is only a key.
 */
export type Metadata = Record<string, string>;

/** A new metadata object holding `entries`, its keys lowered; the last of two spellings of one key wins. */
export function metadata(entries?: Readonly<Record<string, string>>): Metadata {
  const result: Metadata = Object.create(null);
  if (entries) for (const key in entries) result[key.toLowerCase()] = entries[key] as string;
  return result;
}

/** The spelling Go programs use: the first letter, and each after a character that is no letter, digit or `_`, in upper case. */
export function titleCase(key: string): string {
  return key.replace(
    /(^|[^\p{L}\p{N}_])(\p{L})/gu,
    (_match, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/**
 * What a call made inside a handler hands on: everything the caller sent except what belongs to one hop, to one
 * message or to the connection.
 */
export function forwarded(incoming: Metadata): Metadata {
  const result: Metadata = Object.create(null);
  for (const key in incoming) if (!ofOneHop.has(key)) result[key] = incoming[key] as string;
  return result;
}

const ofOneHop: ReadonlySet<string> = new Set([
  ":authority",
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-timeout",
  "host",
  "http2-settings",
  "keep-alive",
  "local",
  "micro-endpoint",
  "micro-error",
  "micro-from-service",
  "micro-id",
  "micro-method",
  "micro-service",
  "micro-stream",
  "micro-topic",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "remote",
  "te",
  "timeout",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-content-type",
]);
