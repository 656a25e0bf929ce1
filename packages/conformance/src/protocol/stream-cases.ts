import { type IncomingCall, MicroError } from "@micro/core";
import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { chatCall, openWire, type ProtocolHarness, type StreamAnswer } from "./harness.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (body: Uint8Array): string => Buffer.from(body).toString();
const unused = async (_call: IncomingCall, body: Uint8Array): Promise<Uint8Array> => body;

const open = (harness: ProtocolHarness, stream: StreamAnswer) => openWire(harness, unused, { stream });

async function* messages(...texts: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const each of texts) yield bytes(each);
}

async function collect(replies: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const reply of replies) all.push(text(reply));
  return all;
}

/** A promise and what resolves it. */
function event(): { readonly happened: Promise<void>; happen(): void } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen: () => happen() };
}

/** Calls that stream, in either direction or both. */
export const streamCases: readonly Case<ProtocolHarness>[] = [
  {
    name: "carries one message there and many back, in order, empty ones too",
    async run(harness) {
      await using wire = await open(harness, async function* (_call, requests) {
        for await (const request of requests) yield* messages(`${text(request)} 1`, "", `${text(request)} 2`);
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages("a")))).toEqual(["a 1", "", "a 2"]);
    },
  },
  {
    name: "carries many messages there and one back",
    async run(harness) {
      await using wire = await open(harness, async function* (_call, requests) {
        yield bytes((await collect(requests)).join(","));
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages("a", "", "b")))).toEqual(["a,,b"]);
    },
  },
  {
    name: "gives messages that stay while others wait to be read",
    async run(harness) {
      const texts = Array.from({ length: 200 }, (_, index) => `message ${index} `.repeat(50));
      await using wire = await open(harness, async function* (_call, requests) {
        await collect(requests);
        yield* messages(...texts);
      });
      const replies: Uint8Array[] = [];
      for await (const reply of wire.connection.stream(chatCall(harness), messages("x"))) {
        replies.push(reply);
        if (replies.length % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(replies.map(text)).toEqual(texts);
    },
  },
  {
    name: "carries no message either way",
    async run(harness) {
      await using wire = await open(harness, async function* (_call, requests) {
        await collect(requests);
        yield* messages();
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages()))).toEqual([]);
    },
  },
  {
    name: "carries messages in turn, each an answer to the one before",
    async run(harness) {
      await using wire = await open(harness, async function* (_call, requests) {
        for await (const request of requests) yield bytes(`pong ${text(request)}`);
      });
      let reply = event();
      async function* pings(): AsyncGenerator<Uint8Array, void, undefined> {
        for (let turn = 0; turn < 5; turn++) {
          yield bytes(String(turn));
          await reply.happened;
          reply = event();
        }
      }
      const seen: string[] = [];
      for await (const pong of wire.connection.stream(chatCall(harness), pings())) {
        seen.push(text(pong));
        reply.happen();
      }
      expect(seen).toEqual(["pong 0", "pong 1", "pong 2", "pong 3", "pong 4"]);
    },
  },
  {
    name: "lets a server push before the caller has sent anything",
    async run(harness) {
      await using wire = await open(harness, async function* (_call, requests) {
        yield bytes("first");
        yield* messages(...(await collect(requests)));
      });
      const first = event();
      async function* afterFirst(): AsyncGenerator<Uint8Array, void, undefined> {
        await first.happened;
        yield bytes("second");
      }
      const seen: string[] = [];
      for await (const reply of wire.connection.stream(chatCall(harness), afterFirst())) {
        seen.push(text(reply));
        first.happen();
      }
      expect(seen).toEqual(["first", "second"]);
    },
  },
  {
    name: "carries 2,000 messages each way without loss or change of order",
    async run(harness) {
      await using wire = await open(harness, (_call, requests) => requests);
      const numbers = Array.from({ length: 2_000 }, (_, index) => `${index} ${"x".repeat(index % 700)}`);
      expect(await collect(wire.connection.stream(chatCall(harness), messages(...numbers)))).toEqual(numbers);
    },
  },
  {
    name: "keeps the order of messages of which some are compressed and some are not",
    async run(harness) {
      const options = { connect: { compression: "gzip" }, serve: { compression: "gzip" } } as const;
      await using wire = await openWire(harness, unused, { ...options, stream: (_call, requests) => requests });
      const numbers = Array.from({ length: 60 }, (_, index) => `${index} ${"x".repeat(index % 3 ? 5 : 40_000)}`);
      expect(await collect(wire.connection.stream(chatCall(harness), messages(...numbers)))).toEqual(numbers);
    },
  },
  {
    name: "makes replies no faster than the caller takes them, and loses none",
    async run(harness) {
      const total = 3_000;
      const size = 16 * 1024;
      let made = 0;
      await using wire = await open(harness, async function* () {
        for (; made < total; made++) yield Buffer.alloc(size, made & 255);
      });
      const replies = wire.connection.stream(chatCall(harness), messages())[Symbol.asyncIterator]();
      await replies.next();
      // A caller that does not read holds the server up: what was made stops growing long before all is made.
      let before = -1;
      while (before !== made) {
        before = made;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(made).toBeLessThan(total);
      let taken = 1;
      for (let next = await replies.next(); !next.done; next = await replies.next()) {
        expect(next.value[0]).toBe(taken & 255);
        taken++;
      }
      expect(taken).toBe(total);
    },
  },
  {
    name: "takes requests no faster than the handler reads them",
    async run(harness) {
      const total = 3_000;
      let sent = 0;
      const mayRead = event();
      await using wire = await open(harness, async function* (_call, requests) {
        await mayRead.happened;
        let read = 0;
        for await (const request of requests) read += request.length > 0 ? 1 : 0;
        yield bytes(String(read));
      });
      async function* flood(): AsyncGenerator<Uint8Array, void, undefined> {
        for (; sent < total; sent++) yield Buffer.alloc(16 * 1024, 1);
      }
      const outcome = collect(wire.connection.stream(chatCall(harness), flood()));
      outcome.catch(() => undefined); // awaited below, unless the case fails before
      let before = -1;
      while (before !== sent) {
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(sent).toBeLessThan(total);
      mayRead.happen();
      expect(await outcome).toEqual([String(total)]);
    },
  },
  {
    name: "carries a handler's error whole, after the replies that came before it",
    async run(harness) {
      await using wire = await open(harness, async function* () {
        yield bytes("one");
        throw new MicroError("go.micro.srv.greeter", 409, "boom <ü>");
      });
      const seen: string[] = [];
      const reading = (async () => {
        for await (const reply of wire.connection.stream(chatCall(harness), messages("x"))) seen.push(text(reply));
      })();
      await expect(reading).rejects.toMatchObject({
        id: "go.micro.srv.greeter",
        code: 409,
        detail: "boom <ü>",
        answered: true,
      });
      expect(seen).toEqual(["one"]);
    },
  },
  {
    name: "ends well when the handler ends before the caller has sent all",
    async run(harness) {
      await using wire = await open(harness, async function* () {
        yield bytes("enough");
      });
      let ended = false;
      async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          for (;;) {
            yield bytes("more");
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          ended = true;
        }
      }
      expect(await collect(wire.connection.stream(chatCall(harness), endless()))).toEqual(["enough"]);
      await within(harness, "the caller's messages to be ended", async () => {
        while (!ended) await new Promise((resolve) => setImmediate(resolve));
      });
    },
  },
  {
    name: "tells the handler when the caller leaves early: its signal is aborted and its requests throw",
    async run(harness) {
      const aborted = event();
      const threw = event();
      await using wire = await open(harness, async function* (call, requests) {
        call.signal.addEventListener("abort", aborted.happen);
        yield bytes("first");
        await collect(requests).catch(threw.happen);
      });
      async function* held(): AsyncGenerator<Uint8Array, void, undefined> {
        yield bytes("x");
        await new Promise(() => undefined);
      }
      for await (const _reply of wire.connection.stream(chatCall(harness), held())) break;
      await within(harness, "the handler's signal", () => aborted.happened);
      await within(harness, "the handler's requests to throw", () => threw.happened);
    },
  },
  {
    name: "stops a handler that goes on replying to a caller who left",
    async run(harness) {
      const stopped = event();
      await using wire = await open(harness, async function* () {
        try {
          for (;;) {
            yield bytes("tick");
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          stopped.happen();
        }
      });
      for await (const _reply of wire.connection.stream(chatCall(harness), messages())) break;
      await within(harness, "the handler to be left", () => stopped.happened);
    },
  },
  {
    name: "throws 499 when the signal is aborted, before, at or after the first message",
    async run(harness) {
      await using wire = await open(harness, async function* () {
        yield bytes("first");
        await new Promise(() => undefined);
      });
      const before = wire.connection.stream(chatCall(harness, { signal: AbortSignal.abort() }), messages("x"));
      await expect(collect(before)).rejects.toMatchObject({ code: 499 });
      const giveUp = new AbortController();
      const during = (async () => {
        for await (const _reply of wire.connection.stream(chatCall(harness, { signal: giveUp.signal }), messages("x")))
          giveUp.abort();
      })();
      await expect(during).rejects.toMatchObject({ code: 499 });
    },
  },
  {
    name: "throws 408 when the deadline passes in the middle",
    async run(harness) {
      await using wire = await open(harness, async function* () {
        yield bytes("first");
        await new Promise(() => undefined);
      });
      const call = chatCall(harness, { deadline: Date.now() + 150, timeoutMs: 150 });
      await expect(collect(wire.connection.stream(call, messages("x")))).rejects.toMatchObject({ code: 408 });
    },
  },
  {
    name: "throws 408 when the handler ends because its deadline has passed, and the caller waits longer",
    async run(harness) {
      await using wire = await open(harness, async function* ({ signal }) {
        yield bytes("first");
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      });
      const call = chatCall(harness, { deadline: Date.now() + 10_000, timeoutMs: 50 });
      await expect(collect(wire.connection.stream(call, messages("x")))).rejects.toMatchObject({ code: 408 });
    },
  },
  {
    name: "throws what the caller's own messages threw, and cancels the call",
    async run(harness) {
      const aborted = event();
      const arrived = event();
      await using wire = await open(harness, async function* (call, requests) {
        call.signal.addEventListener("abort", aborted.happen);
        for await (const _request of requests) arrived.happen();
        yield* messages();
      });
      async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
        yield bytes("x");
        await arrived.happened;
        throw new Error("no more paper");
      }
      await expect(collect(wire.connection.stream(chatCall(harness), failing()))).rejects.toThrow("no more paper");
      await within(harness, "the handler's signal", () => aborted.happened);
    },
  },
  {
    name: "throws 503, perhaps run, when the peer goes away in the middle",
    async run(harness) {
      await using wire = await open(harness, async function* () {
        yield bytes("first");
        await new Promise(() => undefined);
      });
      const broken = (async () => {
        for await (const _reply of wire.connection.stream(chatCall(harness), messages("x"))) wire.cut();
      })();
      await expect(broken).rejects.toMatchObject({ code: 503, unprocessed: false, answered: false });
    },
  },
  {
    name: "throws 503, surely not run, where nobody listens",
    async run(harness) {
      const wire = await open(harness, (_call, requests) => requests);
      await wire[Symbol.asyncDispose]();
      const connection = harness.protocol.connect(wire.address);
      await expect(collect(connection.stream(chatCall(harness), messages("x")))).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
      });
      await connection.close();
    },
  },
  {
    name: "lets a stream in flight end before a drain does",
    async run(harness) {
      const mayFinish = event();
      await using wire = await open(harness, async function* () {
        yield bytes("first");
        await mayFinish.happened;
        yield bytes("last");
      });
      const replies = wire.connection.stream(chatCall(harness), messages())[Symbol.asyncIterator]();
      expect(text((await replies.next()).value as Uint8Array)).toBe("first");
      let drained = false;
      const draining = wire.drain().then(() => {
        drained = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(drained).toBe(false);
      mayFinish.happen();
      expect(text((await replies.next()).value as Uint8Array)).toBe("last");
      expect((await replies.next()).done).toBe(true);
      await within(harness, "the drain to end", () => draining);
    },
  },
];
