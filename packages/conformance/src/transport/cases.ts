import { type Message, MicroError, type Socket } from "@micro/core";
import { expect } from "vitest";
import { eventually, within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { openPipe, type TransportHarness } from "./harness.ts";

type TransportCase = Case<TransportHarness>;

const say = (text: string, headers: Record<string, string> = {}): Message => ({ headers, body: Buffer.from(text) });
const text = (message: Message | undefined): string => Buffer.from(message?.body ?? "nothing").toString();

/** Sends a message, and waits no longer than the harness allows until another may be sent. */
const put = (harness: TransportHarness, socket: Socket, message: Message): Promise<void> =>
  within(harness, "room for another message", () => socket.send(message));

/** The next message's text, waited for no longer than the harness allows. */
const next = async (harness: TransportHarness, socket: Socket): Promise<string> =>
  text(await within(harness, "a message", () => socket.receive()));

const messages: readonly TransportCase[] = [
  {
    name: "carries headers and a body each way",
    async run(harness) {
      await using pipe = await openPipe(harness);
      for (const [from, to] of [
        [pipe.near, pipe.far],
        [pipe.far, pipe.near],
      ] as const) {
        await put(harness, from, say("hello", { "micro-id": "7", "x-text": "grüße <&>" }));
        const message = await within(harness, "a message", () => to.receive());
        expect(text(message)).toBe("hello");
        expect(message?.headers).toMatchObject({ "micro-id": "7", "x-text": "grüße <&>" });
      }
    },
  },
  {
    name: "carries every byte there is, an empty body, and a view into a larger buffer",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const framed = new Uint8Array(300).fill(9);
      framed.set(all, 10);
      for (const body of [framed.subarray(10, 266), new Uint8Array(0), all]) {
        await put(harness, pipe.near, { headers: {}, body });
        const message = await within(harness, "a message", () => pipe.far.receive());
        expect(Buffer.compare(Buffer.from(message?.body ?? []), Buffer.from(body))).toBe(0);
      }
    },
  },
  {
    name: "keeps 1,000 messages in order",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const sent = Array.from({ length: 1_000 }, (_, index) => `${index} ${"x".repeat(index % 300)}`);
      const sending = (async () => {
        for (const each of sent) await pipe.near.send(say(each));
      })();
      const received: string[] = [];
      while (received.length < sent.length) received.push(await next(harness, pipe.far));
      await sending;
      expect(received).toEqual(sent);
    },
  },
  {
    name: "pairs nothing: either end sends first, and as often as it likes",
    async run(harness) {
      await using pipe = await openPipe(harness);
      for (const each of ["a", "b", "c"]) await put(harness, pipe.near, say(each));
      expect(await next(harness, pipe.far)).toBe("a");
      for (const each of ["1", "2", "3", "4", "5"]) await put(harness, pipe.far, say(each));
      const answers: string[] = [];
      for (let count = 0; count < 5; count++) answers.push(await next(harness, pipe.near));
      expect(answers).toEqual(["1", "2", "3", "4", "5"]);
      expect([await next(harness, pipe.far), await next(harness, pipe.far)]).toEqual(["b", "c"]);
    },
  },
  {
    name: "does not see what becomes of a message after it was sent",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const headers: Record<string, string> = { "x-a": "before" };
      await put(harness, pipe.near, { headers, body: Buffer.from("hello") });
      headers["x-a"] = "after";
      const message = await within(harness, "a message", () => pipe.far.receive());
      expect(message?.headers["x-a"]).toBe("before");
    },
  },
  {
    name: "holds up a sender whose peer takes nothing, and loses nothing",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const total = 2_000;
      let sent = 0;
      const sending = (async () => {
        for (; sent < total; sent++) await pipe.near.send({ headers: {}, body: Buffer.alloc(16 * 1024, sent & 255) });
      })();
      let before = -1;
      while (before !== sent) {
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(sent).toBeLessThan(total);
      for (let taken = 0; taken < total; taken++) {
        const message = await within(harness, "a message", () => pipe.far.receive());
        expect(message?.body[0]).toBe(taken & 255);
      }
      await sending;
    },
  },
  {
    name: "tells how many messages wait to be received",
    async run(harness) {
      await using pipe = await openPipe(harness);
      expect(pipe.far.arrived).toBe(0);
      await put(harness, pipe.near, say("a"));
      await put(harness, pipe.near, say("b"));
      await eventually(harness, async () => expect(pipe.far.arrived).toBe(2));
      await pipe.far.receive();
      expect(pipe.far.arrived).toBe(1);
    },
  },
];

const limits: readonly TransportCase[] = [
  {
    name: "carries 4 MiB and refuses to send more with 413, sending nothing",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const largest = Buffer.alloc(4 * 1024 * 1024, 7);
      const sending = pipe.near.send({ headers: {}, body: largest });
      const message = await within(harness, "4 MiB", () => pipe.far.receive());
      await within(harness, "room for another", () => sending);
      expect(Buffer.compare(Buffer.from(message?.body ?? []), largest)).toBe(0);
      const tooLarge = pipe.near.send({ headers: {}, body: Buffer.alloc(largest.length + 1) });
      const refusal = await within(harness, "the refusal", () => tooLarge.catch((reason: unknown) => reason));
      expect(refusal).toMatchObject({ code: 413 });
      await put(harness, pipe.near, say("after"));
      expect(await next(harness, pipe.far)).toBe("after");
    },
  },
  {
    name: "gives a message over the receiver's limit without its body, says why, and goes on",
    async run(harness) {
      await using pipe = await openPipe(harness, { near: { maxMessageBytes: 100 }, far: { maxMessageBytes: 100 } });
      await using wide = await openPipe(harness, { far: { maxMessageBytes: 100 } });
      await put(harness, pipe.near, { headers: {}, body: Buffer.alloc(100) });
      expect((await within(harness, "100 bytes", () => pipe.far.receive()))?.refusal).toBeUndefined();
      await put(harness, wide.near, { headers: { "micro-id": "7" }, body: Buffer.alloc(101) });
      const refused = await within(harness, "a message", () => wide.far.receive());
      expect(refused?.refusal).toMatchObject({ code: 413 });
      expect(refused?.headers["micro-id"]).toBe("7");
      expect(refused?.body).toHaveLength(0);
      await put(harness, wide.near, say("after"));
      expect(await next(harness, wide.far)).toBe("after");
    },
  },
];

const ends: readonly TransportCase[] = [
  {
    name: "delivers what was sent before an end closed, then tells of the end",
    async run(harness) {
      await using pipe = await openPipe(harness);
      await put(harness, pipe.near, say("a"));
      await put(harness, pipe.near, say("b"));
      pipe.near.close();
      pipe.near.close();
      expect([await next(harness, pipe.far), await next(harness, pipe.far)]).toEqual(["a", "b"]);
      expect(await within(harness, "the end", () => pipe.far.receive())).toBeUndefined();
      expect(await pipe.far.receive()).toBeUndefined();
    },
  },
  {
    name: "tells both ends that the pipe is over",
    async run(harness) {
      await using pipe = await openPipe(harness);
      expect([pipe.near.isClosed, pipe.far.isClosed]).toEqual([false, false]);
      pipe.far.close();
      await within(harness, "the near end", () => pipe.near.closed);
      await within(harness, "the far end", () => pipe.far.closed);
      expect([pipe.near.isClosed, pipe.far.isClosed]).toEqual([true, true]);
    },
  },
  {
    name: "rejects with 503 what is sent after the end",
    async run(harness) {
      await using pipe = await openPipe(harness);
      pipe.near.close();
      await expect(pipe.near.send(say("late"))).rejects.toMatchObject({ code: 503 });
      await within(harness, "the far end", () => pipe.far.closed);
      await expect(pipe.far.send(say("late"))).rejects.toMatchObject({ code: 503 });
    },
  },
  {
    name: "rejects who waits with the reason of an abort, and ends the other side",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const reason = new MicroError("go.micro.client", 408, "too late");
      const waiting = pipe.near.receive();
      pipe.near.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await within(harness, "the far end", () => pipe.far.closed);
    },
  },
  {
    name: "rejects senders that are held up when the pipe ends",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const flood = (async (): Promise<never> => {
        for (;;) await pipe.near.send({ headers: {}, body: Buffer.alloc(64 * 1024) });
      })();
      const outcome = flood.catch((reason: unknown) => reason);
      await eventually(harness, async () => expect(pipe.far.arrived).toBeGreaterThan(0));
      pipe.near.abort();
      expect(await within(harness, "the sender to be told", () => outcome)).toMatchObject({ code: 503 });
    },
  },
];

const addresses: readonly TransportCase[] = [
  {
    name: "rejects with 503, surely nothing sent, where nobody listens",
    async run(harness) {
      const pipe = await openPipe(harness);
      await pipe[Symbol.asyncDispose]();
      await expect(harness.transport.dial(pipe.address)).rejects.toMatchObject({
        code: 503,
        unprocessed: true,
        detail: expect.stringContaining(pipe.address),
      });
    },
  },
  {
    name: "does not dial when the signal is aborted",
    async run(harness) {
      await using pipe = await openPipe(harness);
      const reason = new MicroError("go.micro.client", 499, "call cancelled");
      const dialling = harness.transport.dial(pipe.address, { signal: AbortSignal.abort(reason) });
      await expect(dialling).rejects.toBe(reason);
    },
  },
  {
    name: "lets pipes that stand go on when nobody listens any more",
    async run(harness) {
      await using pipe = await openPipe(harness);
      await pipe.stopListening();
      await pipe.stopListening();
      await expect(harness.transport.dial(pipe.address)).rejects.toMatchObject({ code: 503 });
      await put(harness, pipe.near, say("still"));
      expect(await next(harness, pipe.far)).toBe("still");
    },
  },
  {
    name: "tells each end the address of the other",
    async run(harness) {
      await using pipe = await openPipe(harness);
      expect(pipe.near.remote).toBe(pipe.address);
      expect(pipe.far.local).toBe(pipe.near.remote);
      expect(pipe.far.remote).toBe(pipe.near.local);
      expect(pipe.near.local).not.toBe(pipe.far.local);
    },
  },
];

/** What every transport promises. */
export const transportCases: readonly TransportCase[] = [...messages, ...limits, ...ends, ...addresses];
