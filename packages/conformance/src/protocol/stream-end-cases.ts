import { MicroError } from "@micro/core";
import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { bytes, text } from "./echo.ts";
import { chatCall, type ProtocolHarness } from "./harness.ts";
import { collect, event, messages, openStream } from "./streams.ts";

/** How streaming calls end: well, with an error, before their time. */
export const streamEndCases: readonly Case<ProtocolHarness>[] = [
  {
    name: "carries a handler's error whole, after the replies that came before it",
    async run(harness) {
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* (call, requests) {
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
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* () {
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
      await using wire = await openStream(harness, async function* ({ signal }) {
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
      await using wire = await openStream(harness, async function* (call, requests) {
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
      await using wire = await openStream(harness, async function* () {
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
      const wire = await openStream(harness, (_call, requests) => requests);
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
      await using wire = await openStream(harness, async function* () {
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
