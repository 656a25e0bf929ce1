import { type IncomingCall, MicroError } from "@micro/core";
import { expect } from "vitest";
import { within } from "../patience.ts";
import { type Case, describeCases } from "../suite.ts";
import { openWire, type ProtocolHarness, plainCall } from "./harness.ts";
import { streamCases } from "./stream-cases.ts";

type ProtocolCase = Case<ProtocolHarness>;

const echo = async (_call: IncomingCall, body: Uint8Array): Promise<Uint8Array> => body;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (body: Uint8Array): string => Buffer.from(body).toString();

const bodies: readonly ProtocolCase[] = [
  {
    name: "carries a body there and a body back",
    async run(harness) {
      await using wire = await openWire(harness, async (_call, body) => bytes(`hello ${text(body)}`));
      expect(text(await wire.connection.unary(plainCall(harness), bytes("ann")))).toBe("hello ann");
    },
  },
  {
    name: "carries an empty body both ways",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      expect(await wire.connection.unary(plainCall(harness), new Uint8Array())).toHaveLength(0);
    },
  },
  {
    name: "carries every byte there is, and a view into a larger buffer",
    async run(harness) {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      await using wire = await openWire(harness, echo);
      const framed = new Uint8Array(300).fill(9);
      framed.set(all, 10);
      const reply = await wire.connection.unary(plainCall(harness), framed.subarray(10, 266));
      expect(Buffer.compare(Buffer.from(reply), Buffer.from(all))).toBe(0);
    },
  },
  {
    name: "carries a body of 3.9 MiB",
    async run(harness) {
      const large = new Uint8Array(Math.floor(3.9 * 1024 * 1024)).fill(7);
      await using wire = await openWire(harness, echo);
      const reply = await wire.connection.unary(plainCall(harness), large);
      expect(Buffer.compare(Buffer.from(reply), Buffer.from(large))).toBe(0);
    },
  },
  {
    name: "refuses a request over the limit and goes on with the next call",
    async run(harness) {
      await using wire = await openWire(harness, echo, { serve: { maxMessageBytes: 1000 } });
      await expect(wire.connection.unary(plainCall(harness), new Uint8Array(1001))).rejects.toMatchObject({
        code: 413,
      });
      expect(await wire.connection.unary(plainCall(harness), new Uint8Array(1000))).toHaveLength(1000);
    },
  },
  {
    name: "refuses a reply over the limit and goes on with the next call",
    async run(harness) {
      const answer = async (_call: IncomingCall, body: Uint8Array) => new Uint8Array(body.length * 1001);
      await using wire = await openWire(harness, answer, { connect: { maxMessageBytes: 1000 } });
      await expect(wire.connection.unary(plainCall(harness), new Uint8Array(1))).rejects.toMatchObject({ code: 413 });
      expect(await wire.connection.unary(plainCall(harness), new Uint8Array(0))).toHaveLength(0);
    },
  },
  {
    name: "keeps 200 calls at once apart",
    async run(harness) {
      await using wire = await openWire(harness, async (_call, body) => {
        await new Promise((resolve) => setImmediate(resolve));
        return body;
      });
      const asked = Array.from({ length: 200 }, (_, index) => `call ${index}`);
      const replies = await Promise.all(asked.map((word) => wire.connection.unary(plainCall(harness), bytes(word))));
      expect(replies.map(text)).toEqual(asked);
    },
  },
];

const headers: readonly ProtocolCase[] = [
  {
    name: "tells the server endpoint, content type, peer and metadata",
    async run(harness) {
      const seen: IncomingCall[] = [];
      await using wire = await openWire(harness, async (call, body) => {
        seen.push(call);
        return body;
      });
      for (const contentType of harness.contentTypes) {
        const metadata = { "x-trace": "7", authorization: "Bearer t" };
        await wire.connection.unary(plainCall(harness, { contentType, metadata }), bytes("{}"));
        const call = seen.pop();
        expect(call?.endpoint).toBe("Say.Hello");
        expect(call?.metadata).toMatchObject(metadata);
        expect(call?.peer).toMatch(/^(\[::ffff:)?127\.0\.0\.1\]?:\d+$/);
        expect(call?.metadata.remote).toBe(call?.peer);
      }
    },
  },
  {
    name: "tells the server which of two content types the body has",
    async run(harness) {
      const seen: string[] = [];
      await using wire = await openWire(harness, async (call, body) => {
        seen.push(call.contentType);
        return body;
      });
      for (const contentType of harness.contentTypes) {
        await wire.connection.unary(plainCall(harness, { contentType }), bytes("{}"));
      }
      expect(new Set(seen).size).toBe(2);
    },
  },
  {
    name: "survives metadata that belongs to the connection or cannot be a header",
    async run(harness) {
      let seen: Record<string, string> = {};
      await using wire = await openWire(harness, async (call, body) => {
        seen = { ...call.metadata };
        return body;
      });
      const metadata = {
        connection: "keep-alive",
        "content-length": "5",
        te: "gzip",
        "transfer-encoding": "chunked",
        upgrade: "h2c",
        host: "a",
        ":path": "/x",
        "grpc-timeout": "1n",
        "bad key": "x",
        "x-text": "grüße\r\nx: y",
        "x-kept": "yes",
      };
      const reply = await wire.connection.unary(plainCall(harness, { metadata }), bytes("still here"));
      expect(text(reply)).toBe("still here");
      expect(seen["x-kept"]).toBe("yes");
      expect(seen["x-text"]).not.toMatch(/[\r\n]/);
    },
  },
  {
    name: "tells the server the deadline",
    async run(harness) {
      let left = 0;
      await using wire = await openWire(harness, async (call, body) => {
        left = call.deadline - Date.now();
        return body;
      });
      const deadline = Date.now() + 60_000;
      await wire.connection.unary(plainCall(harness, { deadline, timeoutMs: 60_000 }), bytes(""));
      expect(left).toBeGreaterThan(30_000);
      expect(left).toBeLessThanOrEqual(60_100);
      await wire.connection.unary(plainCall(harness), bytes(""));
      expect(left).toBe(Number.POSITIVE_INFINITY);
    },
  },
];

const failures: readonly ProtocolCase[] = [
  {
    name: "carries a handler's error whole",
    async run(harness) {
      for (const [code, detail] of [
        [400, "no <name> & no %"],
        [404, "grüße 世界"],
        [409, "boom"],
        [500, "x"],
        [503, "full"],
        [10_001, "a code of our own"],
      ] as const) {
        await using wire = await openWire(harness, async () => {
          throw new MicroError("go.micro.srv.greeter", code, detail);
        });
        const error = await wire.connection.unary(plainCall(harness), bytes("x")).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(MicroError);
        const { status } = new MicroError("", code, "");
        expect(error).toMatchObject({ id: "go.micro.srv.greeter", code, detail, status, unprocessed: false });
      }
    },
  },
  {
    name: "answers 404 for a handler and for a method that nobody has, naming them",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      for (const endpoint of ["Say.Nope", "Nobody.Hello"]) {
        const error = await wire.connection
          .unary(plainCall(harness, { endpoint }), bytes("x"))
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 404 });
        expect((error as MicroError).detail).toContain(endpoint);
        expect((error as MicroError).detail).toContain("go.micro.srv.greeter");
      }
      expect(text(await wire.connection.unary(plainCall(harness), bytes("after")))).toBe("after");
    },
  },
  {
    name: "rejects with 503, surely not run, where nobody listens",
    async run(harness) {
      const wire = await openWire(harness, echo);
      await wire[Symbol.asyncDispose]();
      const connection = harness.protocol.connect(wire.address);
      const call = connection.unary(plainCall(harness), bytes("x"));
      await expect(call).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
        detail: expect.stringContaining(wire.address),
      });
      await connection.close();
    },
  },
  {
    name: "rejects calls in flight with 503, perhaps run, when the peer goes away, and dials again for the next",
    async run(harness) {
      let arrived = (): void => undefined;
      const first = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let calls = 0;
      await using wire = await openWire(harness, async (_call, body) => {
        if (calls++ > 0) return body;
        arrived();
        return new Promise(() => undefined);
      });
      const pending = wire.connection.unary(plainCall(harness), bytes("x"));
      const outcome = expect(pending).rejects.toMatchObject({ code: 503, unprocessed: false });
      await first;
      wire.cut();
      await outcome;
      const again = await within(harness, "a call over a new connection", async () => {
        for (;;) {
          const reply = await wire.connection.unary(plainCall(harness), bytes("again")).catch(() => undefined);
          if (reply) return reply;
        }
      });
      expect(text(again)).toBe("again");
    },
  },
  {
    name: "rejects with 408 when the deadline passes, and aborts the handler's signal",
    async run(harness) {
      let aborted = (): void => undefined;
      const handlerAborted = new Promise<void>((resolve) => {
        aborted = resolve;
      });
      await using wire = await openWire(harness, async (call) => {
        call.signal.addEventListener("abort", aborted);
        return new Promise(() => undefined);
      });
      const call = plainCall(harness, { deadline: Date.now() + 100, timeoutMs: 100 });
      await expect(wire.connection.unary(call, bytes("x"))).rejects.toMatchObject({ code: 408 });
      await within(harness, "the handler to be told", () => handlerAborted);
    },
  },
  {
    name: "rejects with 408 at once when the deadline has passed before",
    async run(harness) {
      await using wire = await openWire(harness, async () => new Promise(() => undefined));
      const call = plainCall(harness, { deadline: Date.now() - 1, timeoutMs: 1 });
      const outcome = await within(harness, "the call to end", () =>
        wire.connection.unary(call, bytes("x")).catch((reason: unknown) => reason),
      );
      expect(outcome).toMatchObject({ code: 408 });
    },
  },
  {
    name: "rejects with 499 when the caller gives up, and aborts the handler's signal",
    async run(harness) {
      const giveUp = new AbortController();
      let aborted = (): void => undefined;
      const handlerAborted = new Promise<void>((resolve) => {
        aborted = resolve;
      });
      await using wire = await openWire(harness, async (call) => {
        call.signal.addEventListener("abort", aborted);
        giveUp.abort();
        return new Promise(() => undefined);
      });
      const call = plainCall(harness, { signal: giveUp.signal });
      await expect(wire.connection.unary(call, bytes("x"))).rejects.toMatchObject({ code: 499 });
      await within(harness, "the handler to be told", () => handlerAborted);
      await expect(wire.connection.unary(call, bytes("x"))).rejects.toMatchObject({ code: 499 });
    },
  },
  {
    name: "aborts no signal when a call ends well",
    async run(harness) {
      let signal: AbortSignal | undefined;
      await using wire = await openWire(harness, async (call, body) => {
        signal = call.signal;
        return body;
      });
      await wire.connection.unary(plainCall(harness), bytes("x"));
      await wire.connection.unary(plainCall(harness), bytes("y"));
      expect(signal?.aborted).toBe(false);
    },
  },
];

const lifecycle: readonly ProtocolCase[] = [
  {
    name: "does no I/O before the first call",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      expect(wire.accepted).toBe(0);
      await wire.connection.unary(plainCall(harness), bytes("x"));
      expect(wire.accepted).toBe(1);
    },
  },
  {
    name: "rejects with 503, surely not run, once closed; closing twice is fine",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      await wire.connection.close();
      await wire.connection.close();
      await expect(wire.connection.unary(plainCall(harness), bytes("x"))).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
      });
    },
  },
  {
    name: "answers what is in flight before a drain ends",
    async run(harness) {
      let arrived = (): void => undefined;
      const inside = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let finish = (): void => undefined;
      const mayFinish = new Promise<void>((resolve) => {
        finish = resolve;
      });
      await using wire = await openWire(harness, async (_call, body) => {
        arrived();
        await mayFinish;
        return body;
      });
      const pending = wire.connection.unary(plainCall(harness), bytes("held"));
      pending.catch(() => undefined); // awaited below, unless the case fails before
      await inside;
      let drained = false;
      const draining = wire.drain().then(() => {
        drained = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(drained).toBe(false);
      finish();
      expect(text(await pending)).toBe("held");
      await within(harness, "the drain to end", () => draining);
    },
  },
  {
    name: "knows its own first bytes in any portion, and no others",
    async run(harness) {
      const server = harness.protocol.serve({
        kindOf: () => "unary",
        hasHandler: () => true,
        unary: echo,
        stream: (_call, messages) => messages,
      });
      expect(server.recognises(Buffer.from("\x16\x03\x01"))).toBe(false);
      expect(server.recognises(Buffer.from("nonsense\r\n"))).toBe(false);
      await server.close();
    },
  },
];

/** What every protocol promises. */
export const protocolCases: readonly ProtocolCase[] = [
  ...bodies,
  ...headers,
  ...failures,
  ...lifecycle,
  ...streamCases,
];

/** Runs the protocol suite on one implementation. */
export function protocolConformance(name: string, harness: ProtocolHarness): void {
  describeCases(`${name} as a protocol`, protocolCases, harness);
}
