import { expect } from "vitest";
import { within } from "../patience.ts";
import type { Case } from "../suite.ts";
import { bytes, echo, text } from "./echo.ts";
import { openWire, type ProtocolHarness, plainCall } from "./harness.ts";

/** How connections begin, drain and end. */
export const connectionCases: readonly Case<ProtocolHarness>[] = [
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
        stream: async () => undefined,
      });
      expect(server.recognises(Buffer.from("\x16\x03\x01"))).toBe(false);
      expect(server.recognises(Buffer.from("nonsense\r\n"))).toBe(false);
      await server.close();
    },
  },
];
