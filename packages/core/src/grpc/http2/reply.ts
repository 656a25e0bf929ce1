import type { HeaderList } from "@micro/http2";
import type { GrpcOutcome } from "../errors.ts";
import { statusOfHttp } from "../status.ts";
import { readOutcome } from "./status-fields.ts";

/** What the headers of a reply say. */
export interface ReplyHead {
  /** Set when these headers are the whole reply. */
  readonly outcome: GrpcOutcome | undefined;
  /** `grpc-encoding` of compressed messages. */
  readonly encoding: string;
}

/** Reads the headers of a reply. The same headers come again and again, and what they say is kept on them. */
export function readHead(headers: HeaderList): ReplyHead {
  if (isHead(headers.memo)) return headers.memo;
  const head: ReplyHead = {
    outcome: refusalOf(headers) ?? readOutcome(headers),
    encoding: headers.get("grpc-encoding") ?? "identity",
  };
  headers.memo = head;
  return head;
}

const ok: GrpcOutcome = { status: 0, message: "", details: undefined };

/** Reads trailers; undefined when they lack a status. */
export function readTrailers(trailers: HeaderList): GrpcOutcome | undefined {
  if (trailers.memo === ok) return ok;
  const outcome = readOutcome(trailers);
  if (outcome?.status !== 0) return outcome;
  trailers.memo = ok;
  return ok;
}

function isHead(memo: unknown): memo is ReplyHead {
  return memo !== undefined && memo !== ok;
}

/** An answer that is no gRPC: something else listens there, or a proxy answers for the server. */
function refusalOf(headers: HeaderList): GrpcOutcome | undefined {
  const status = headers.get(":status") ?? "";
  const contentType = headers.get("content-type") ?? "";
  if (status === "200" && contentType.startsWith("application/grpc")) return undefined;
  if (status === "200")
    return {
      status: 2,
      message: `the answer is of type "${contentType}" and not application/grpc`,
      details: undefined,
    };
  return (
    readOutcome(headers) ?? {
      status: statusOfHttp(Number(status)),
      message: `the answer has HTTP status ${status}`,
      details: undefined,
    }
  );
}
