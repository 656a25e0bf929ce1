import { describe, expect, it } from "vitest";
import type { OutgoingCall, Protocol } from "../protocol/protocol.ts";
import type { Selector } from "../selector/selector.ts";
import { testClock } from "../words/clock.ts";
import { cancelled, MicroError, unavailable } from "../words/errors.ts";
import type { CallOptions } from "./client.ts";
import { type ClientOptions, createClient } from "./create-client.ts";
import { hedge } from "./hedge.ts";

const busy = new MicroError("greeter", 503, "busy", { answered: true });
const dropped = unavailable("go.micro.client", "connection dropped");

const node = { id: "a", address: "a:1", metadata: { protocol: "test" } };
const candidate = { node, record: { name: "greeter", version: "", metadata: {}, endpoints: [], nodes: [node] } };
const always: Selector = {
  select: () => () => candidate,
  mark: () => undefined,
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

/** A client whose attempts are answered by `answer`, counted from 1. */
function setUp(answer: (call: OutgoingCall, attempt: number) => Promise<void>, options: Partial<ClientOptions> = {}) {
  let attempts = 0;
  const close = async () => undefined;
  const protocol: Protocol = {
    name: "test",
    connect: () => ({
      async unary(call) {
        await answer(call, ++attempts);
        return Buffer.from("reply");
      },
      async *stream(call, messages) {
        for await (const message of messages) {
          await answer(call, ++attempts);
          yield message;
        }
        call.onTrailers?.({ "x-end": "1" });
      },
      close,
      [Symbol.asyncDispose]: close,
    }),
    serve: () => {
      throw new Error("this protocol only calls");
    },
  };
  const client = createClient({
    selector: always,
    protocols: [protocol],
    retry: () => true,
    backoff: { baseMs: 0, maxMs: 0 },
    ...options,
  });
  const plan = { service: "greeter", endpoint: "Say.Hello", raw: true, idempotent: true };
  const told: [what: string, metadata: Record<string, string>][] = [];
  const listening: CallOptions = {
    onHeaders: (metadata) => told.push(["headers", metadata]),
    onTrailers: (metadata) => told.push(["trailers", metadata]),
  };
  const call = client.prepare<Uint8Array, Uint8Array>(plan);
  const stream = client.prepareStream<Uint8Array, Uint8Array>(plan);
  return { call, stream, told, listening, attempts: () => attempts };
}

const body = Buffer.from("x");
async function* one() {
  yield body;
}

describe("what comes beside a reply", () => {
  it("is that of the answer that counts, and not of those before it", async () => {
    const { call, told, listening } = setUp(async (outgoing, attempt) => {
      outgoing.onHeaders?.({ attempt: String(attempt) });
      outgoing.onTrailers?.({ attempt: String(attempt) });
      if (attempt === 1) throw busy;
    });
    await call(body, listening);
    expect(told).toEqual([
      ["headers", { attempt: "2" }],
      ["trailers", { attempt: "2" }],
    ]);
  });

  it("is not told when the last attempt brought nothing, whatever those before it did", async () => {
    const { call, told, listening } = setUp(async (outgoing, attempt) => {
      if (attempt > 1) throw dropped;
      outgoing.onHeaders?.({ attempt: "1" });
      throw busy;
    });
    await expect(call(body, listening)).rejects.toBe(dropped);
    expect(told).toEqual([]);
  });

  it("is told of an error before the call rejects", async () => {
    const { call, told, listening } = setUp(async (outgoing) => {
      outgoing.onTrailers?.({ why: "full" });
      throw busy;
    });
    const seen = await call(body, { ...listening, retries: 0 }).catch(() => [...told]);
    expect(seen).toEqual([["trailers", { why: "full" }]]);
  });

  it("of a hedged call is that of the node whose answer is taken", async () => {
    const clock = testClock();
    const answers: (() => void)[] = [];
    const { call, told, listening } = setUp(
      (outgoing, attempt) =>
        new Promise((resolve, reject) => {
          outgoing.onHeaders?.({ attempt: String(attempt) });
          outgoing.signal?.addEventListener("abort", () => reject(cancelled("go.micro.client", "call cancelled")));
          answers.push(resolve);
        }),
      { clock, middleware: [hedge({ clock, delayMs: 10 })] },
    );
    const reply = call(body, listening);
    await clock.advance(10);
    answers[1]?.();
    await reply;
    await clock.advance(10);
    expect(told).toEqual([["headers", { attempt: "2" }]]);
  });

  it("of a stream is told as it comes, after which no other node is tried", async () => {
    const { stream, told, listening, attempts } = setUp(async (outgoing) => {
      outgoing.onHeaders?.({ "x-begin": "1" });
      throw busy;
    });
    await expect(stream(one(), listening)[Symbol.asyncIterator]().next()).rejects.toBe(busy);
    expect(told).toEqual([["headers", { "x-begin": "1" }]]);
    expect(attempts()).toBe(1);
  });

  it("of a stream ends with its trailers, once the last message is read", async () => {
    const { stream, told, listening } = setUp(async (outgoing, attempt) => {
      if (attempt === 1) throw dropped;
      outgoing.onHeaders?.({ "x-begin": "1" });
    });
    for await (const _reply of stream(one(), listening)) expect(told).toEqual([["headers", { "x-begin": "1" }]]);
    expect(told.slice(1)).toEqual([["trailers", { "x-end": "1" }]]);
  });

  it("ends the call with what a listener throws", async () => {
    const { call, stream } = setUp(async (outgoing) => outgoing.onHeaders?.({}));
    const listener = new Error("listener failed");
    const onHeaders = (): void => {
      throw listener;
    };
    await expect(call(body, { onHeaders })).rejects.toBe(listener);
    const reading = (async () => {
      for await (const _reply of stream(one(), { onHeaders }));
    })();
    await expect(reading).rejects.toBe(listener);
  });

  it("reaches no protocol when nobody listens", async () => {
    const seen: OutgoingCall[] = [];
    const { call } = setUp(async (outgoing) => void seen.push(outgoing));
    await call(body);
    expect(seen[0]?.onHeaders).toBeUndefined();
    expect(seen[0]?.onTrailers).toBeUndefined();
  });
});
