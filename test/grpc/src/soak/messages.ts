import { randomBytes } from "node:crypto";
import { type Handlers, sleep, systemClock } from "@micro/core";
import type { Payload, TestService } from "../gen/test.ts";

const headBytes = 8;

// Bytes without a pattern, a piece of which fills each payload.
const noise = randomBytes(4 * 1024 * 1024);

/** A payload that no other call has: who made it, its number, and bytes that follow from both. */
export function payloadOf(caller: number, number: number, size: number): Payload {
  const body = new Uint8Array(headBytes + size);
  const view = new DataView(body.buffer);
  view.setUint32(0, caller);
  view.setUint32(4, number);
  const at = (caller * 7_919 + number * 104_729) % (noise.length - size);
  body.set(noise.subarray(at, at + size), headBytes);
  return { type: 0, body };
}

/** Whether the reply carries the very bytes that were sent. */
export function isSame(sent: Payload, got: Payload | undefined): boolean {
  return got !== undefined && Buffer.compare(sent.body, got.body) === 0;
}

/** A sum that depends on the bytes and on their order. */
export function checksum(before: number, { body }: Payload): number {
  let sum = before;
  for (let at = 0; at < body.length; at += 7) sum = (Math.imul(sum, 31) + (body[at] ?? 0)) | 0;
  return sum;
}

/** Gives every caller its own back. `responseSize` of a unary call is how long it takes, in milliseconds. */
export const echoHandlers: Handlers<(typeof TestService)["methods"]> = {
  emptyCall: () => ({}),
  async unaryCall({ payload, responseSize }, { signal }) {
    if (responseSize > 0) await sleep(systemClock, responseSize, signal);
    return payload ? { payload } : {};
  },
  async *streamingOutputCall({ payload, responseParameters }) {
    const caller = payload ? new DataView(payload.body.buffer, payload.body.byteOffset).getUint32(0) : 0;
    for (const [number, { size }] of responseParameters.entries()) yield { payload: payloadOf(caller, number, size) };
  },
  async streamingInputCall(requests) {
    let sum = 0;
    for await (const { payload } of requests) if (payload) sum = checksum(sum, payload);
    return { aggregatedPayloadSize: sum };
  },
  async *fullDuplexCall(requests) {
    for await (const { payload } of requests) yield payload ? { payload } : {};
  },
};
