import type { CallOptions } from "@micro/core";
import { expect } from "vitest";
import type { OurClient } from "./our-side.ts";
import type { Payload, StreamingOutputCallResponse } from "./src/gen/test.ts";
import { turns } from "./src/turns.ts";

type Case = (client: OurClient, address: string) => Promise<void>;

const requestSizes = [27_182, 8, 1_828, 45_904];
const replySizes = [31_415, 9, 2_653, 58_979];
// The text of the case: white space at both ends, a line break, and characters of one and two UTF-16 units.
const specialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

/** The cases that carry messages; in each, what comes is checked. */
export const messageCases: Readonly<Record<string, Case>> = {
  async empty_unary({ calls }, address) {
    expect(await calls.emptyCall({}, { address })).toEqual({});
  },
  async large_unary({ calls }, address) {
    const reply = await calls.unaryCall({ responseSize: 314_159, payload: payload(271_828) }, { address });
    expectZeros(reply.payload, 314_159);
  },
  async client_streaming({ calls }, address) {
    const reply = await calls.streamingInputCall(each(requestSizes.map((size) => ({ payload: payload(size) }))), {
      address,
    });
    expect(reply.aggregatedPayloadSize).toBe(74_922);
  },
  async server_streaming({ calls }, address) {
    const request = { responseParameters: replySizes.map((size) => ({ size })) };
    const sizes: number[] = [];
    for await (const reply of calls.streamingOutputCall(request, { address })) sizes.push(sizeOf(reply));
    expect(sizes).toEqual(replySizes);
  },
  async ping_pong({ calls }, address) {
    const requests = turns<{ responseParameters: { size: number }[]; payload: Payload }>();
    const replies = calls.fullDuplexCall(requests, { address })[Symbol.asyncIterator]();
    for (const [index, size] of replySizes.entries()) {
      requests.push({ responseParameters: [{ size }], payload: payload(requestSizes[index] ?? 0) });
      const { value, done } = await replies.next();
      expect(done).toBe(false);
      expectZeros(value.payload, size);
    }
    requests.end();
    expect((await replies.next()).done).toBe(true);
  },
  async empty_stream({ calls }, address) {
    for await (const reply of calls.fullDuplexCall(each([]), { address }))
      throw new Error(`came ${sizeOf(reply)} bytes`);
  },
};

/** What travels beside the messages. */
export const metadataCases: Readonly<Record<string, Case>> = {
  async custom_metadata({ calls }, address) {
    const trailingBytes = Buffer.from([0xab, 0xab, 0xab]);
    const metadata = {
      "x-grpc-test-echo-initial": "test_initial_metadata_value",
      "x-grpc-test-echo-trailing-bin": trailingBytes.toString("base64"),
    };
    for (const kind of ["unary", "duplex"]) {
      const told: Record<string, string>[] = [];
      const options: CallOptions = {
        address,
        metadata,
        onHeaders: (headers) => told.push(headers),
        onTrailers: (trailers) => told.push(trailers),
      };
      if (kind === "unary") await calls.unaryCall({ responseSize: 1, payload: payload(1) }, options);
      else
        await first(calls.fullDuplexCall(each([{ responseParameters: [{ size: 1 }], payload: payload(1) }]), options));
      expect(told[0]).toMatchObject({ "x-grpc-test-echo-initial": "test_initial_metadata_value" });
      expect(Buffer.from(told[1]?.["x-grpc-test-echo-trailing-bin"] ?? "", "base64")).toEqual(trailingBytes);
      expect(told).toHaveLength(2);
    }
  },
};

/** The cases about how calls end. */
export const endingCases: Readonly<Record<string, Case>> = {
  async status_code_and_message({ calls }, address) {
    await expectStatus({ calls }, address, "test status message");
    const request = { responseStatus: { code: 2, message: "test status message" } };
    await expect(first(calls.fullDuplexCall(each([request]), { address }))).rejects.toMatchObject({
      detail: "test status message",
      answered: true,
    });
  },
  special_status_message: (client, address) => expectStatus(client, address, specialMessage),
  async unimplemented_method({ client }, address) {
    const call = client.prepare({
      service: "grpc.testing",
      endpoint: "/grpc.testing.TestService/UnimplementedCall",
      raw: true,
    });
    await expect(call(new Uint8Array(), { address })).rejects.toMatchObject({
      // grpc-go's server has the method, which says UNIMPLEMENTED itself; others know none of that name.
      code: expect.toBeOneOf([404, 501]),
      answered: true,
    });
  },
  async unimplemented_service({ client }, address) {
    const endpoint = "/grpc.testing.UnimplementedService/UnimplementedCall";
    const call = client.prepare({ service: "grpc.testing", endpoint, raw: true });
    await expect(call(new Uint8Array(), { address })).rejects.toMatchObject({ code: 404, answered: true });
  },
  async cancel_after_begin({ calls }, address) {
    const giveUp = new AbortController();
    const requests = turns<{ payload: Payload }>(() => giveUp.abort()); // the call stands when it asks for the first
    await expect(calls.streamingInputCall(requests, { address, signal: giveUp.signal })).rejects.toMatchObject({
      code: 499,
    });
  },
  async cancel_after_first_response({ calls }, address) {
    const giveUp = new AbortController();
    const requests = turns<{ responseParameters: { size: number }[]; payload: Payload }>();
    const replies = calls.fullDuplexCall(requests, { address, signal: giveUp.signal })[Symbol.asyncIterator]();
    requests.push({ responseParameters: [{ size: 31_415 }], payload: payload(27_182) });
    expectZeros((await replies.next()).value.payload, 31_415);
    giveUp.abort();
    await expect(replies.next()).rejects.toMatchObject({ code: 499 });
  },
  async timeout_on_sleeping_server({ calls }, address) {
    const requests = turns<{ payload: Payload }>();
    requests.push({ payload: payload(27_182) });
    await expect(first(calls.fullDuplexCall(requests, { address, timeoutMs: 1 }))).rejects.toMatchObject({ code: 408 });
  },
};

async function expectStatus({ calls }: Pick<OurClient, "calls">, address: string, message: string): Promise<void> {
  const call = calls.unaryCall({ responseStatus: { code: 2, message } }, { address });
  await expect(call).rejects.toMatchObject({ code: 500, detail: message, answered: true, grpc: { status: 2 } });
}

function payload(size: number): Payload {
  return { type: 0, body: new Uint8Array(size) };
}

function sizeOf(reply: StreamingOutputCallResponse): number {
  return reply.payload?.body.length ?? 0;
}

function expectZeros(got: Payload | undefined, size: number): void {
  expect(got?.body.length).toBe(size);
  expect(got?.body.every((byte) => byte === 0)).toBe(true);
}

/** The first of the replies, after all of them were read. */
async function first<T>(replies: AsyncIterable<T>): Promise<T | undefined> {
  let found: T | undefined;
  for await (const reply of replies) found ??= reply;
  return found;
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* values;
}
