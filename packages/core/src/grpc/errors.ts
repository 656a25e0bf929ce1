import { Reader, wire } from "../codec/protobuf/reader.ts";
import { Writer } from "../codec/protobuf/writer.ts";
import {
  type ErrorFields,
  formatError,
  type GrpcAnswer,
  type GrpcDetail,
  MicroError,
  parseError,
} from "../words/errors.ts";
import { GrpcStatus } from "./grpc-status.ts";
import { codeOf, grpcStatus, grpcStatusOf } from "./status.ts";

/** How a call ended, as gRPC tells it: `grpc-status`, `grpc-message` decoded, `grpc-status-details-bin` decoded. */
export interface GrpcOutcome {
  readonly status: number;
  readonly message: string;
  readonly details: Uint8Array | undefined;
}

/**
 * The three places where go-micro peers look for an error: the status code, the JSON in the message (v1 and v2.0 read
 * nothing else), and an `errors.Error` as first detail, since anything else in its place makes Go clients panic. A
 * `GrpcStatus` is its own status and message.
 */
export function toGrpc(error: MicroError): GrpcOutcome & { readonly details: Uint8Array } {
  const { status, details } = grpcAnswerOf(error);
  const message = error instanceof GrpcStatus ? error.detail : formatError(error);
  return { status, message, details: encodeStatus(status, message, error, details) };
}

/** How gRPC tells an error that a handler throws. */
export function grpcAnswerOf(error: MicroError): GrpcAnswer {
  if (error instanceof GrpcStatus && error.grpc) return error.grpc;
  return { status: grpcStatusOf(error.code) || grpcStatus.unknown, details: [] };
}

/** Reads an outcome that was not OK: the first detail, else the JSON in the message, else the bare gRPC status. */
export function fromGrpc({ status, message, details }: GrpcOutcome): MicroError {
  const told = details ? decodeDetails(details) : [];
  const grpc = { status, details: told.filter(({ typeUrl }) => typeUrl !== errorTypeUrl) };
  const fields = decodeError(told[0]) ?? parseError(message);
  if (fields.code > 0) {
    return new MicroError(fields.id, fields.code, fields.detail, { status: fields.status, answered: true, grpc });
  }
  return new MicroError("go.micro.client", codeOf(status), message, { answered: true, grpc });
}

/** Whether a server of go-micro, grpc-go or grpc-js says that nobody answers to the path. */
export function isNoSuchEndpoint({ status, message }: GrpcOutcome): boolean {
  return (
    status === grpcStatus.unimplemented && /^unknown (service|method) |^The server does not implement/.test(message)
  );
}

const errorTypeUrl = "type.googleapis.com/errors.Error";

// google.rpc.Status {1 code, 2 message, 3 details: Any {1 type_url, 2 value}}; errors.Error {1 id, 2 code, 3 detail, 4 status}.
function encodeStatus(code: number, message: string, error: ErrorFields, details: readonly GrpcDetail[]): Uint8Array {
  const value = encodeFields([1, error.id], [2, error.code], [3, error.detail], [4, error.status]);
  const all = [{ typeUrl: errorTypeUrl, value }, ...details];
  return encodeFields(
    [1, code],
    [2, message],
    ...all.map((each) => [3, encodeFields([1, each.typeUrl], [2, each.value])] as const),
  );
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

/** The details inside; none when the bytes are no Status, since broken details are no reason to lose what came with them. */
function decodeDetails(bytes: Uint8Array): GrpcDetail[] {
  const details: GrpcDetail[] = [];
  try {
    const reader = new Reader(bytes);
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag !== ((3 << 3) | wire.bytes)) {
        reader.skip(tag);
        continue;
      }
      const any = fieldsOf(reader.bytes());
      const value = any.get(2);
      details.push({ typeUrl: textOf(any.get(1)), value: value instanceof Uint8Array ? value : new Uint8Array(0) });
    }
    return details;
  } catch {
    return []; // see above
  }
}

/** go-micro's `errors.Error`, when the detail is one. */
function decodeError(detail: GrpcDetail | undefined): ErrorFields | undefined {
  if (detail?.typeUrl !== errorTypeUrl || detail.value.length === 0) return undefined;
  try {
    const error = fieldsOf(detail.value);
    const code = error.get(2);
    return {
      id: textOf(error.get(1)),
      code: typeof code === "number" ? code : 0,
      detail: textOf(error.get(3)),
      status: textOf(error.get(4)),
    };
  } catch {
    return undefined; // the status that came with it says enough
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
