import type { IncomingMessage, ServerResponse } from "node:http";
import { cancelled, MicroError, unavailable } from "@micro/core";
import { gatewayId } from "@micro/gateway";

/** Reads the body of a request, whatever its content type. */
export type BodyReader = (request: IncomingMessage, response: ServerResponse) => Uint8Array | Promise<Uint8Array>;

export interface BodyLimits {
  /** Largest body, in bytes. */
  readonly maxBodyBytes: number;
  /** Bytes of all bodies held at once. */
  readonly maxHeldBytes: number;
}

const empty: Uint8Array = new Uint8Array(0);

/**
 * A reader of bodies. Rejects with 413 beyond `maxBodyBytes`, at once when the peer says beforehand how much it will
 * send, and with 503 when this body and those of the other requests being answered come to more than `maxHeldBytes`. What
 * is refused is read and dropped, so that the peer gets to see the answer.
 */
export function bodyReader({ maxBodyBytes, maxHeldBytes }: BodyLimits): BodyReader {
  let held = 0;

  async function read(request: IncomingMessage, response: ServerResponse): Promise<Uint8Array> {
    let size = 0;
    // A body counts until its request is answered, since until then its bytes are in use somewhere.
    const release = (): void => {
      held -= size;
      size = 0;
    };
    response.on("close", release);
    const hold = (bytes: number): MicroError | undefined => {
      size += bytes;
      held += bytes;
      const refusal = size > maxBodyBytes ? tooLarge(maxBodyBytes) : held > maxHeldBytes ? full(held) : undefined;
      if (refusal) release();
      return refusal;
    };
    // Most bodies are small and come together with their head. As soon as Node's parser is through with that piece such a body is
    // there to be taken, which costs a fraction of what its events cost.
    await undefined;
    if (!request.complete) return collect(request, hold);
    const body: Uint8Array = request.read() ?? empty;
    const refusal = hold(body.length);
    if (refusal) throw refusal;
    return body;
  }

  return (request, response) => {
    const announced = request.headers["content-length"];
    if (announced === undefined ? request.headers["transfer-encoding"] === undefined : announced === "0") return empty;
    if (Number(announced) > maxBodyBytes) return Promise.reject(tooLarge(maxBodyBytes));
    if (held > 0 && held + Number(announced) > maxHeldBytes) return Promise.reject(full(held + Number(announced)));
    return read(request, response);
  };
}

/** A body as it comes, until it is complete or `hold` refuses a piece. */
function collect(request: IncomingMessage, hold: (bytes: number) => MicroError | undefined): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer): void => {
      const refusal = hold(chunk.length);
      if (!refusal) return void chunks.push(chunk);
      settle(() => reject(refusal));
      request.resume();
    };
    const onEnd = (): void => settle(() => resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks)));
    const onGone = (): void =>
      settle(() => reject(cancelled(gatewayId, "the peer went away before its request was complete")));
    function settle(outcome: () => void): void {
      request.off("data", onData).off("end", onEnd).off("close", onGone);
      outcome();
    }
    request.on("data", onData).on("end", onEnd).on("close", onGone);
    // A broken connection ends in "close" as well, which is where it is answered.
    request.on("error", ignore);
    if (request.destroyed) onGone();
  });
}

function tooLarge(maxBytes: number): MicroError {
  return new MicroError(gatewayId, 413, `request body is larger than ${maxBytes} bytes`);
}

function full(bytes: number): MicroError {
  return unavailable(gatewayId, `no room for this body: the bodies being answered would come to ${bytes} bytes`);
}

function ignore(): void {
  return;
}
