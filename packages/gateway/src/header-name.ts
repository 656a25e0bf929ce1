/** The spelling Go gives to header names: `x-forwarded-for` is `X-Forwarded-For`. */
export function canonicalHeader(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (match) => match.toUpperCase());
}

/** Headers of an answer that belong to one connection, or that the gateway works out itself. */
export const ofOneConnection: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
