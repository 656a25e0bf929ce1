/** How a request's content type is read, and what the call is made with. */
export interface CallType {
  readonly kind: "json" | "protobuf" | "form" | "multipart";
  /** The content type of the call. */
  readonly call: "application/json" | "application/grpc+json" | "application/protobuf" | "application/grpc+proto";
  /** What is wrapped around the body. */
  readonly envelope?: "json-rpc" | "proto-rpc";
  /** The answer has the type of the request; else it is `application/json`. */
  readonly mirrored: boolean;
  /** The request speaks of gRPC, whose clients look for the status in the headers. */
  readonly grpcHeaders?: true;
}

/** Looks a `content-type` header up; whatever is absent or not in the table is read as JSON. */
export function callTypeOf(contentType: string | undefined): CallType {
  if (contentType === undefined) return anything;
  const known = types.get(contentType);
  if (known && known.kind !== "multipart") return known;
  const semicolon = contentType.indexOf(";");
  const media = semicolon < 0 ? contentType : contentType.slice(0, semicolon);
  const found = types.get(media.trim().toLowerCase()) ?? anything;
  // Nothing tells the parts of such a form apart.
  return found.kind === "multipart" && !/;\s*boundary=/i.test(contentType) ? anything : found;
}

const anything: CallType = { kind: "json", call: "application/json", mirrored: false };

const protobuf: CallType = { kind: "protobuf", call: "application/protobuf", mirrored: true };
const grpc: CallType = { kind: "protobuf", call: "application/grpc+proto", mirrored: true, grpcHeaders: true };

const types: ReadonlyMap<string, CallType> = new Map<string, CallType>([
  ["application/json", { kind: "json", call: "application/json", mirrored: true }],
  ["application/grpc+json", { kind: "json", call: "application/grpc+json", mirrored: true, grpcHeaders: true }],
  ["application/json-rpc", { kind: "json", call: "application/json", envelope: "json-rpc", mirrored: true }],
  ["application/x-www-form-urlencoded", { kind: "form", call: "application/json", mirrored: false }],
  ["multipart/form-data", { kind: "multipart", call: "application/json", mirrored: false }],
  ["application/protobuf", protobuf],
  ["application/proto", protobuf],
  ["application/x-protobuf", protobuf],
  ["application/proto-rpc", { ...protobuf, envelope: "proto-rpc" }],
  ["application/octet-stream", { ...protobuf, envelope: "proto-rpc" }],
  ["application/grpc", grpc],
  ["application/grpc+proto", grpc],
]);
