import type { Socket } from "node:net";
import { MicroError, reasonPhrase } from "@micro/core";
import { gatewayId } from "@micro/gateway";

/**
 * Answers what Node's parser refuses before there is a request, in the form of every other error, and ends the
 * connection: its bytes cannot be trusted to be at the start of a request.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [code, detail] = describe(error);
  const body = JSON.stringify(new MicroError(gatewayId, code, detail));
  const head = [
    `HTTP/1.1 ${code} ${reasonPhrase(code)}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

function describe({ code, message }: NodeJS.ErrnoException): [code: number, detail: string] {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "the request was not complete in time"];
    case "HPE_HEADER_OVERFLOW":
      return [431, "request line and headers are too large"];
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return [413, "chunk extensions are too large"];
    default:
      return [400, `this is no HTTP request: ${message}`];
  }
}
