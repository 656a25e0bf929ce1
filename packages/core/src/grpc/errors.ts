import { Reader, wire } from "../codec/protobuf/reader.ts";
import { Writer } from "../codec/protobuf/writer.ts";
import { type ErrorFields, formatError, MicroError, parseError } from "../words/errors.ts";
import { codeOf, grpcStatus, grpcStatusOf } from "./status.ts";

/** How a call ended, as gRPC tells it: `grpc-status`, `grpc-message` decoded, `grpc-status-details-bin` decoded. */
export interface GrpcOutcome {
  readonly status: number;
  readonly message: string;
  readonly details: Uint8Array | undefined;
}

/**
 * The three places where go-micro peers look for an error: the status code, the JSON in the message (v1 and v2.0 read
 * nothing else), and an `errors.Error` as first detail, since anything else in its place makes Go clients panic.
 */
export function toGrpc(error: MicroError): GrpcOutcome & { readonly details: Uint8Array } {
  const status = grpcStatusOf(error.code) || grpcStatus.unknown;
  const message = formatError(error);
  return { status, message, details: encodeStatus(status, message, error) };
}

/** Reads an outcome that was not OK: the first detail, else the JSON in the message, else the bare gRPC status. */
export function fromGrpc({ status, message, details }: GrpcOutcome): MicroError {
  const fields = (details && decodeStatus(details)) || parseError(message);
  if (fields.code > 0) {
    return new MicroError(fields.id, fields.code, fields.detail, { status: fields.status, answered: true });
  }
  return new MicroError("go.micro.client", codeOf(status), message, { answered: true });
}

/** Whether a server of go-micro, grpc-go or grpc-js says that nobody answers to the path. */
export function isNoSuchEndpoint({ status, message }: GrpcOutcome): boolean {
  return (
    status === grpcStatus.unimplemented && /^unknown (service|method) |^The server does not implement/.test(message)
  );
}

const errorTypeUrl = "type.googleapis.com/errors.Error";

// google.rpc.Status {1 code, 2 message, 3 details: Any {1 type_url, 2 value}}; errors.Error {1 id, 2 code, 3 detail, 4 status}.
function encodeStatus(code: number, message: string, error: ErrorFields): Uint8Array {
  const value = encodeFields([1, error.id], [2, error.code], [3, error.detail], [4, error.status]);
  return encodeFields([1, code], [2, message], [3, encodeFields([1, errorTypeUrl], [2, value])]);
}

/** A message of these fields, the empty ones left out. */
function encodeFields(
  ...fields: readonly (readonly [number: number, value: string | number | Uint8Array])[]
): Uint8Array {
  const writer = new Writer();
  for (const [number, value] of fields) {
    if (value === "" || value === 0) continue;
    writer.uint32((number << 3) | (typeof value === "number" ? wire.varint : wire.bytes));
    // A negative int32 is a varint of 64 bits, its upper half all ones.
    if (typeof value === "number") writer.varint64(value, value < 0 ? -1 : 0);
    else writer.bytes(typeof value === "string" ? Buffer.from(value) : value);
  }
  return writer.take(0);
}

/** The `errors.Error` inside; undefined when the first detail is something else or the bytes are no Status. */
function decodeStatus(bytes: Uint8Array): ErrorFields | undefined {
  try {
    const any = fieldsOf(bytes).get(3);
    if (!(any instanceof Uint8Array)) return undefined;
    const detail = fieldsOf(any);
    const value = detail.get(2);
    if (textOf(detail.get(1)) !== errorTypeUrl || !(value instanceof Uint8Array)) return undefined;
    const error = fieldsOf(value);
    const code = error.get(2);
    return {
      id: textOf(error.get(1)),
      code: typeof code === "number" ? code : 0,
      detail: textOf(error.get(3)),
      status: textOf(error.get(4)),
    };
  } catch {
    return undefined; // a peer's broken details are no reason to lose the status that came with them
  }
}

/** The first value of each field: bytes of length-delimited ones, numbers of varints. */
function fieldsOf(bytes: Uint8Array): Map<number, Uint8Array | number> {
  const fields = new Map<number, Uint8Array | number>();
  const reader = new Reader(bytes);
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    const wireType = tag & 7;
    const value = wireType === wire.bytes ? reader.bytes() : wireType === wire.varint ? reader.uint32() | 0 : undefined;
    if (value === undefined) reader.skip(tag);
    else if (!fields.has(tag >>> 3)) fields.set(tag >>> 3, value);
  }
  return fields;
}

function textOf(value: Uint8Array | number | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8") : "";
}
