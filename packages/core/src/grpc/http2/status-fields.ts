import type { Fields, HeaderList } from "@micro/http2";
import type { MicroError } from "../../words/errors.ts";
import { type GrpcOutcome, toGrpc } from "../errors.ts";

/** The trailer fields that tell of an error. */
export function errorFields(error: MicroError): Fields {
  const { status, message, details } = toGrpc(error);
  const bin = Buffer.from(details).toString("base64").replace(/=+$/, "");
  return [...statusFields(status, message), "grpc-status-details-bin", bin];
}

/** The trailer fields of a bare status. */
export function statusFields(status: number, message: string): Fields {
  return ["grpc-status", String(status), "grpc-message", encodeMessage(message)];
}

/** Reads headers or trailers that carry `grpc-status`; undefined when these do not. */
export function readOutcome(fields: HeaderList): GrpcOutcome | undefined {
  const status = fields.get("grpc-status");
  if (status === undefined) return undefined;
  const bin = fields.get("grpc-status-details-bin");
  return {
    status: /^\d+$/.test(status) ? Number(status) : 2, // unknown, as gRPC has it for what is no number
    message: decodeMessage(fields.get("grpc-message") ?? ""),
    details: bin === undefined ? undefined : Buffer.from(bin, "base64"),
  };
}

// gRPC percent-encodes what is not printable ASCII, and the percent sign. HTTP has no blanks at the ends of a value.
function encodeMessage(text: string): string {
  return text.toWellFormed().replace(/[^ -$&-~]+|^ | $/gu, encodeURIComponent);
}

/** A message that is not encoded as it ought to be is taken as it came. */
function decodeMessage(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign; what is there says more than nothing
  }
}
