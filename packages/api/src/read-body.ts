import type { IncomingMessage } from "node:http";
import { cancelled, MicroError } from "@micro/core";
import { gatewayId } from "@micro/gateway";

const empty: Uint8Array = new Uint8Array(0);

/**
 * The body of a request, whatever its content type. Rejects with 413 beyond `maxBytes`, at once when the peer says
 * beforehand how much it will send; the rest is then read and dropped, so that the peer gets to see the answer.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Uint8Array | Promise<Uint8Array> {
  const announced = request.headers["content-length"];
  if (announced === undefined ? request.headers["transfer-encoding"] === undefined : announced === "0") return empty;
  if (Number(announced) > maxBytes) throw tooLarge(maxBytes);
  return collect(request, maxBytes);
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      settle(() => reject(tooLarge(maxBytes)));
      request.resume();
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, size)));
    const onGone = (): void =>
      settle(() => reject(cancelled(gatewayId, "the peer went away before its request was complete")));
    function settle(outcome: () => void): void {
      request.off("data", onData).off("end", onEnd).off("close", onGone);
      outcome();
    }
    request.on("data", onData).on("end", onEnd).on("close", onGone);
    // A broken connection ends in "close" as well, which is where it is answered.
    request.on("error", ignore);
  });
}

function tooLarge(maxBytes: number): MicroError {
  return new MicroError(gatewayId, 413, `request body is larger than ${maxBytes} bytes`);
}

function ignore(): void {
  return;
}
