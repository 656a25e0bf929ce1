import type { ConnectionOptions } from "../src/connection.ts";
import type { HeaderList } from "../src/header-list.ts";
import type { Stream, StreamHandler } from "../src/stream.ts";
import { recorder } from "./wire.ts";

/** Answers every request with its body and a trailer, when it is complete. */
export const echo: ConnectionOptions = {
  onStream(stream) {
    const request = recorder();
    request.onEnd = () => {
      stream.respond([":status", "200"]);
      stream.write(request.body);
      stream.writeTrailers(["grpc-status", "0"]);
    };
    stream.handler = request;
  },
};

/** Gives each request to a function, and the handler that it answers with to the stream. */
export function requestsOf(
  handle: (stream: Stream, headers: HeaderList) => StreamHandler | undefined,
): ConnectionOptions {
  return {
    onStream(stream, headers) {
      stream.handler = handle(stream, headers) ?? {};
    },
  };
}
