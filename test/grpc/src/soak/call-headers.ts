import { http2Frames } from "@micro/testbed";

const { block, flag, frame, type } = http2Frames;

/** The headers of a call, written by hand. */
export function callHeaders(stream: number, method: string, end = false): Buffer {
  const fields = block(
    [":method", "POST"],
    [":scheme", "http"],
    [":path", `/grpc.testing.TestService/${method}`],
    [":authority", "liar"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  );
  return frame(type.headers, flag.endHeaders | (end ? flag.end : 0), stream, fields);
}
