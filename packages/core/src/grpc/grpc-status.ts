import { type GrpcDetail, MicroError } from "../words/errors.ts";
import { codeOf } from "./status.ts";

export interface GrpcStatusOptions {
  /** More about the error for callers that know these messages. @default [] */
  details?: readonly GrpcDetail[];
  /** Who raises it, for callers that know go-micro. @default "" */
  id?: string;
  /** What went wrong underneath. Stays in this process. */
  cause?: unknown;
}

/**
 * An error of which plain gRPC callers see exactly this status and message, where other errors bring go-micro's JSON as
 * their message. `code` follows from the status, and callers of go-micro v2.1 and later find it as they do with any
 * error; older ones see the message alone.
 */
export class GrpcStatus extends MicroError {
  /** Throws a RangeError for what is no status of an error, 1 to 16. */
  constructor(status: number, message: string, { details = [], id = "", cause }: GrpcStatusOptions = {}) {
    if (!Number.isInteger(status) || status < 1 || status > 16)
      throw new RangeError(`${status} is no gRPC status of an error; those are 1 to 16`);
    super(id, codeOf(status), message, { cause, grpc: { status, details } });
  }
}
