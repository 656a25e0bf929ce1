/** Metadata on one line, `broker=http,protocol=grpc`, in the order of its keys; empty when there is none. */
export function metadataText(metadata: Readonly<Record<string, string>>): string {
  return Object.keys(metadata)
    .sort()
    .map((key) => `${key}=${metadata[key]}`)
    .join(",");
}
