import type { Frame, Framing } from "../codec/rpc/framing.ts";
import { type FramingTable, framingFor } from "../codec/rpc/framings.ts";
import { structJsonCodec } from "../codec/rpc/struct-json.ts";
import type { MethodKind } from "../words/description.ts";

/** A content type as it travels, and how messages of it are put together. */
export interface WireType {
  readonly contentType: string;
  readonly framing: Framing;
}

/** What travels for what a caller asks for, by the kind of endpoint; what is not named here travels as it is. */
export type WireTypeNames = (asked: string, kind: MethodKind) => string | undefined;

/**
 * The content types under which servers of go-micro v2.1.1 to v2.9.1 lose least.
 *
 * Under `application/protobuf` they lose every error and every end of a stream. `application/proto-rpc` holds the same
 * bytes in an envelope, which tells errors once more, and is known to every version. But at the end of a stream the
 * envelope is written over the last message before that is out, so calls with many replies use a frame of gRPC, under which an end has no bytes.
 */
export const safeWireTypes: WireTypeNames = (asked, kind) => {
  if (protobufTypes.has(asked)) return kind === "server-stream" ? "application/grpc+proto" : "application/proto-rpc";
  return otherGrpcTypes[asked];
};

const protobufTypes: ReadonlySet<string> = new Set([
  "application/grpc",
  "application/grpc+proto",
  "application/proto",
  "application/protobuf",
]);

const otherGrpcTypes: Readonly<Record<string, string>> = {
  "application/grpc+bytes": "application/octet-stream",
  "application/grpc+json": "application/json",
};

/** What go-micro's client sends in place of these to a node that does not say what it speaks. */
const legacyNames: Readonly<Record<string, string>> = {
  "application/json": "application/json-rpc",
  "application/protobuf": "application/proto-rpc",
};

export interface WireTypeOptions {
  readonly wireTypes: WireTypeNames;
  readonly legacy: boolean;
  readonly own: FramingTable;
}

/** How a client sends what its caller asks for; undefined when mucp has no way to. */
export function wireTypeOf(
  asked: string,
  kind: MethodKind,
  { wireTypes, legacy, own }: WireTypeOptions,
): WireType | undefined {
  const chosen = (Object.hasOwn(own, asked) ? undefined : wireTypes(asked, kind)) ?? asked;
  const contentType = (legacy && legacyNames[chosen]) || chosen;
  const framing = framingFor(contentType, { legacy, own });
  return framing && { contentType, framing };
}

/** The content type by which a handler's codec is found: that of the value inside the framing. */
export function bodyContentType({ contentType, framing }: WireType, own: FramingTable): string {
  if (Object.hasOwn(own, contentType)) return framing.codec.contentTypes[0] ?? contentType;
  // JSON for Go's plain reader, which `application/json` need not be.
  if (framing.codec === structJsonCodec) return "application/json-rpc";
  return framing.name === "proto-rpc" ? "application/protobuf" : contentType;
}

/**
 * Whether a content type is one of gRPC's. go-micro treats these in its own way: the message that opens a stream is the
 * first of it, and the connection is closed after the answer to a call.
 */
export function isGrpcType(contentType: string): boolean {
  return contentType.startsWith("application/grpc");
}

/** The bytes of one message. */
export function frameBytes({ contentType, framing }: WireType, frame: Frame): Uint8Array {
  const bytes = framing.write(frame);
  // Where go-micro expects a value it takes no bytes for a broken message.
  return bytes.length === 0 && frame.error === undefined && isGrpcType(contentType) ? emptyGrpcFrame : bytes;
}

const emptyGrpcFrame = new Uint8Array(5);
