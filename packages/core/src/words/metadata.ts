/**
 * Headers of a call or message: one string a key, keys in lower case. Several values of one header are joined
 * with `, `, as go-micro does.
 *
 * A plain object that inherits nothing, so that passing one on costs nothing and a key such as `__proto__` is only a key.
 */
export type Metadata = Record<string, string>;

// Inherits nothing that is a key, as an object without prototype does, but V8 keeps its objects in their fast form:
// making, merging and reading one costs a tenth. Measured on Node 20.
const Bare = function Metadata() {
  // Nothing to set: `new` alone gives what is wanted.
} as unknown as new () => Metadata;
Bare.prototype = Object.create(null);

/** A metadata object with nothing in it. */
export function emptyMetadata(): Metadata {
  return new Bare();
}

/** A new metadata object with the entries of both; those of `over` win. */
export function mergedMetadata(under: Metadata, over: Metadata): Metadata {
  const result = emptyMetadata();
  for (const key in under) result[key] = under[key] as string;
  for (const key in over) result[key] = over[key] as string;
  return result;
}

/** A new metadata object holding `entries`, its keys lowered; the last of two spellings of one key wins. */
export function metadata(entries?: Readonly<Record<string, string>>): Metadata {
  const result = emptyMetadata();
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
  const result = emptyMetadata();
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
