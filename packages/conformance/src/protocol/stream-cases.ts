import { expect } from "vitest";
import type { Case } from "../suite.ts";
import { bytes, echo, text } from "./echo.ts";
import { chatCall, openWire, type ProtocolHarness } from "./harness.ts";
import { collect, event, messages, openStream } from "./streams.ts";

/** What streaming calls carry, in either direction or both, and how fast. */
export const streamCases: readonly Case<ProtocolHarness>[] = [
  {
    name: "carries one message there and many back, in order, empty ones too",
    async run(harness) {
      await using wire = await openStream(harness, async function* (_call, requests) {
        for await (const request of requests) yield* messages(`${text(request)} 1`, "", `${text(request)} 2`);
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages("a")))).toEqual(["a 1", "", "a 2"]);
    },
  },
  {
    name: "carries many messages there and one back",
    async run(harness) {
      await using wire = await openStream(harness, async function* (_call, requests) {
        yield bytes((await collect(requests)).join(","));
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages("a", "", "b")))).toEqual(["a,,b"]);
    },
  },
  {
    name: "gives messages that stay while others wait to be read",
    async run(harness) {
      const texts = Array.from({ length: 200 }, (_, index) => `message ${index} `.repeat(50));
      await using wire = await openStream(harness, async function* (_call, requests) {
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
      await using wire = await openStream(harness, async function* (_call, requests) {
        await collect(requests);
        yield* messages();
      });
      expect(await collect(wire.connection.stream(chatCall(harness), messages()))).toEqual([]);
    },
  },
  {
    name: "carries messages in turn, each an answer to the one before",
    async run(harness) {
      await using wire = await openStream(harness, async function* (_call, requests) {
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
      await using wire = await openStream(harness, async function* (_call, requests) {
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
      await using wire = await openStream(harness, (_call, requests) => requests);
      const numbers = Array.from({ length: 2_000 }, (_, index) => `${index} ${"x".repeat(index % 700)}`);
      expect(await collect(wire.connection.stream(chatCall(harness), messages(...numbers)))).toEqual(numbers);
    },
  },
  {
    name: "keeps the order of messages of which some are compressed and some are not",
    async run(harness) {
      const options = { connect: { compression: "gzip" }, serve: { compression: "gzip" } } as const;
      await using wire = await openWire(harness, echo, { ...options, stream: (_call, requests) => requests });
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
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* (_call, requests) {
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
];
