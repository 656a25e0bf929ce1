import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MessageReader, MessageTooLarge } from "./message-reader.ts";

function frame(message: Uint8Array, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

describe("MessageReader", () => {
  it("gives the same messages however the body is cut into chunks, and accounts for every byte", () => {
    const messages = fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), compressed: fc.boolean() }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(600), { maxLength: 12 }), fc.boolean(), (sent, cuts, borrowed) => {
        const body = Buffer.concat(sent.map(({ bytes, compressed }) => frame(bytes, compressed)));
        const got: { message: Buffer; compressed: boolean }[] = [];
        let spent = 0;
        const reader = new MessageReader(1_000, borrowed, (message, compressed, bytes) => {
          got.push({ message, compressed });
          spent += bytes;
        });
        const edges = [0, ...cuts.map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b), body.length];
        for (let index = 1; index < edges.length; index++) reader.push(body, edges[index - 1] ?? 0, edges[index] ?? 0);
        if (borrowed) body.fill(0xff);
        const wanted = sent.map(({ bytes, compressed }) => ({ message: Buffer.from(bytes), compressed }));
        expect(got).toEqual(wanted);
        expect(spent).toBe(body.length);
        expect(reader.complete).toBe(true);
      }),
    );
  });

  it("knows when a body ends within a message or its prefix", () => {
    const body = frame(Buffer.from("hello"));
    for (let length = 1; length < body.length; length++) {
      const reader = new MessageReader(100, false, () => undefined);
      reader.push(body, 0, length);
      expect(reader.complete).toBe(false);
    }
  });

  it("refuses a length over the limit before it makes room for it", () => {
    const lie = Buffer.from("00ffffffff", "hex");
    const reader = new MessageReader(1_000, false, () => undefined);
    expect(() => reader.push(lie, 0, 5)).toThrow(MessageTooLarge);
    const byByte = new MessageReader(1_000, false, () => undefined);
    expect(() => {
      for (let at = 0; at < 5; at++) byByte.push(lie, at, at + 1);
    }).toThrow("received a message of 4294967295 bytes, more than the 1000 that are taken");
  });

  it("gives the bytes of a large unfinished message back, those of a small one only with the message", () => {
    const spent: number[] = [];
    const reader = new MessageReader(1e6, false, (_message, _compressed, bytes) => void spent.push(bytes));
    const large = frame(Buffer.alloc(100_000));
    reader.push(large, 0, 60_000);
    expect(reader.releasable()).toBe(60_000);
    expect(reader.releasable()).toBe(0);
    reader.push(large, 60_000, large.length);
    const small = frame(Buffer.alloc(100));
    reader.push(small, 0, 50);
    expect(reader.releasable()).toBe(0);
    reader.push(small, 50, small.length);
    expect(spent).toEqual([large.length - 60_000, small.length]);
  });
});
