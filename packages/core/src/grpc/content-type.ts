/** What goes into the `content-type` header for a type that a caller asked for; undefined when gRPC has no room for it. */
export function wireContentType(asked: string): string | undefined {
  return byAsked[asked];
}

/** Whether a `content-type` header is one that bodies can be read by. */
export function isServed(contentType: string): boolean {
  return served.has(contentType);
}

const proto = "application/grpc+proto";
const json = "application/grpc+json";
const bytes = "application/grpc+bytes";

// Source: go-micro v2.9.1 client/grpc/codec.go.
const byAsked: Readonly<Record<string, string>> = {
  "application/grpc": proto,
  "application/grpc+proto": proto,
  "application/proto": proto,
  "application/protobuf": proto,
  "application/octet-stream": proto,
  "application/grpc+json": json,
  "application/json": json,
  "application/grpc+bytes": bytes,
};

const served: ReadonlySet<string> = new Set(["application/grpc", proto, json, bytes]);
