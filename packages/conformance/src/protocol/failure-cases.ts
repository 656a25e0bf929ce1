import { MicroError } from "@micro/core";
import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { bytes, echo, text } from "./echo.ts";
import { openWire, type ProtocolHarness, plainCall } from "./harness.ts";

/** Calls that do not end well, from either side. */
export const failureCases: readonly Case<ProtocolHarness>[] = [
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
    name: "rejects with 408 when the handler answers because its deadline has passed, and the caller waits longer",
    async run(harness) {
      await using wire = await openWire(harness, async ({ signal }) => {
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
        return bytes("half of it");
      });
      const call = plainCall(harness, { deadline: Date.now() + 10_000, timeoutMs: 50 });
      await expect(wire.connection.unary(call, bytes("x"))).rejects.toMatchObject({ code: 408 });
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
