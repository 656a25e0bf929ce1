import { randomBytes } from "node:crypto";
import type { IncomingCall } from "@micro/core";
import { expect } from "vitest";
import type { Case } from "../suite.ts";
import { bytes, echo, text } from "./echo.ts";
import { openWire, type ProtocolHarness, plainCall } from "./harness.ts";

/** Bytes that go there and come back. */
export const bodyCases: readonly Case<ProtocolHarness>[] = [
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
    name: "gives bytes that stay, whatever the sender writes over its own and whatever comes after them",
    async run(harness) {
      const taken: Uint8Array[] = [];
      await using wire = await openWire(harness, async (_call, body) => {
        taken.push(body);
        const reply = bytes(`re ${text(body)}`);
        setImmediate(() => reply.fill(0));
        return reply;
      });
      const replies: Uint8Array[] = [];
      const turns = Array.from({ length: 20 }, (_, turn) => `turn ${turn} `.repeat(20));
      for (const turn of turns) {
        const body = bytes(turn);
        replies.push(await wire.connection.unary(plainCall(harness), body));
        body.fill(0);
      }
      expect(taken.map(text)).toEqual(turns);
      expect(replies.map(text)).toEqual(turns.map((turn) => `re ${turn}`));
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
    name: "carries large and small bodies as they are when it is told to compress them",
    async run(harness) {
      const options = { connect: { compression: "gzip" }, serve: { compression: "gzip" } } as const;
      await using wire = await openWire(harness, echo, options);
      for (const size of [0, 10, 1_023, 1_024, 300_000]) {
        const body = Buffer.alloc(size, "compressible ");
        expect(Buffer.from(await wire.connection.unary(plainCall(harness), body)).equals(body)).toBe(true);
      }
      const noise = randomBytes(50_000);
      expect(Buffer.from(await wire.connection.unary(plainCall(harness), noise)).equals(noise)).toBe(true);
      const plain = plainCall(harness, { compression: "identity" });
      expect(Buffer.from(await wire.connection.unary(plain, noise)).equals(noise)).toBe(true);
    },
  },
  {
    name: "carries the body of a call that asks for compression itself",
    async run(harness) {
      await using wire = await openWire(harness, echo);
      const body = Buffer.alloc(100_000, "compressible ");
      const call = plainCall(harness, { compression: "gzip" });
      expect(Buffer.from(await wire.connection.unary(call, body)).equals(body)).toBe(true);
      expect(Buffer.from(await wire.connection.unary(plainCall(harness), body)).equals(body)).toBe(true);
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
