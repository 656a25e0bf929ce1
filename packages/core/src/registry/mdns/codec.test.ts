import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "./decode.ts";
import { encodeMessage, maxMessageBytes } from "./encode.ts";
import { DnsFormatError, type Message, message, type ResourceRecord } from "./message.ts";

const { packets } = JSON.parse(readFileSync(new URL("./vectors/go-micro-2.9.1.json", import.meta.url), "utf8")) as {
  packets: Record<string, string>;
};
const vectors = Object.entries(packets).map(([name, hex]) => [name, Buffer.from(hex, "hex")] as const);

const label = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => {
  const bytes = Buffer.byteLength(text);
  return bytes <= 63 && Buffer.from(text).toString() === text;
});
const name = fc
  .array(fc.oneof(label, fc.constantFrom("micro", "greeter", "_services", "a.b", "\\", "\\.")), { maxLength: 5 })
  .map((labels) => labels.map((text) => text.replace(/[.\\]/g, "\\$&")).join("."))
  .filter((text) => Buffer.byteLength(text) < 200);
const uint16 = fc.nat({ max: 0xffff });
const owned = { name, class: uint16, ttl: fc.nat({ max: 0xffff_ffff }) };
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc.record({ ...owned, kind: fc.constant("PTR" as const), target: name }),
  fc.record({
    ...owned,
    kind: fc.constant("SRV" as const),
    priority: uint16,
    weight: uint16,
    port: uint16,
    target: name,
  }),
  fc.record({ ...owned, kind: fc.constant("A" as const), address: bytes(4) }),
  fc.record({ ...owned, kind: fc.constant("AAAA" as const), address: bytes(16) }),
  fc.record({
    ...owned,
    kind: fc.constant("TXT" as const),
    strings: fc.array(
      fc.uint8Array({ maxLength: 255 }).map((data) => Buffer.from(data).toString("latin1")),
      {
        maxLength: 4,
      },
    ),
  }),
  fc.record({
    ...owned,
    kind: fc.constant("other" as const),
    type: fc.constantFrom(41, 47, 65535),
    data: fc.uint8Array({ maxLength: 40 }),
  }),
);
const anyMessage: fc.Arbitrary<Message> = fc.record({
  id: uint16,
  flags: uint16,
  questions: fc.array(fc.record({ name, type: uint16, class: uint16 }), { maxLength: 3 }),
  answers: fc.array(record, { maxLength: 4 }),
  authorities: fc.array(record, { maxLength: 2 }),
  additionals: fc.array(record, { maxLength: 2 }),
});

// Gives the message, or undefined for bytes that are none; anything but a DnsFormatError fails the test.
function tryDecode(packet: Uint8Array): Message | undefined {
  try {
    return decodeMessage(packet);
  } catch (reason) {
    expect(reason).toBeInstanceOf(DnsFormatError);
    return undefined;
  }
}

describe("the DNS message codec", () => {
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(anyMessage, (written) => {
        expect(decodeMessage(encodeMessage(written))).toEqual(written);
      }),
    );
  });

  it("writes what Go wrote, read and written again, with the same meaning", () => {
    for (const [, packet] of vectors)
      expect(decodeMessage(encodeMessage(decodeMessage(packet)))).toEqual(decodeMessage(packet));
  });

  it("writes Go's queries and compressed answers byte for byte", () => {
    for (const kind of ["query", "listQuery", "answer", "answerIPv6", "answerLarge", "listAnswer", "instanceAnswer"]) {
      const packet = Buffer.from(packets[kind] ?? "", "hex");
      expect(Buffer.from(encodeMessage(decodeMessage(packet))).toString("hex")).toBe(packet.toString("hex"));
    }
  });

  it("refuses a packet cut short at any byte", () => {
    for (const [, packet] of vectors)
      for (let length = 0; length < packet.length; length++)
        expect(tryDecode(packet.subarray(0, length)), `cut at ${length}`).toBeUndefined();
  });

  it("refuses messages of its own cut short at any byte", () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (written, at) => {
        const packet = encodeMessage(written);
        expect(tryDecode(packet.subarray(0, at % packet.length))).toBeUndefined();
      }),
    );
  });

  it("answers random bytes with a message or a DnsFormatError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (packet) => void tryDecode(packet)),
      { numRuns: 2_000 },
    );
  });

  it("answers packets with a few bytes changed with a message or a DnsFormatError", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...vectors),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        ([, packet], edits) => {
          const changed = Uint8Array.from(packet);
          for (const [at, value] of edits) changed[at % changed.length] = value;
          tryDecode(changed);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("ignores what follows the message", () => {
    const written = message({ questions: [{ name: "greeter.micro", type: 12, class: 1 }] });
    expect(decodeMessage(Buffer.concat([encodeMessage(written), Buffer.alloc(9, 0xff)]))).toEqual(written);
  });

  it("refuses a name that points to itself, forwards, or around in a circle", () => {
    const packet = (nameHex: string): Buffer => Buffer.from(`000000000001000000000000${nameHex}000c0001`, "hex");
    expect(() => decodeMessage(packet("c00c"))).toThrow("does not point backwards");
    expect(() => decodeMessage(packet("c00e"))).toThrow("does not point backwards");
    expect(() => decodeMessage(packet("0161c00c"))).toThrow("does not point backwards");
  });

  it("refuses a label of unknown kind, and a name longer than 255 bytes", () => {
    const packet = (nameHex: string): Buffer => Buffer.from(`000000000001000000000000${nameHex}000c0001`, "hex");
    expect(() => decodeMessage(packet("410000"))).toThrow("unknown kind");
    expect(() => decodeMessage(packet(`${`3f${"61".repeat(63)}`.repeat(4)}00`))).toThrow("longer than 255 bytes");
  });

  it("refuses more questions or records than any peer sends", () => {
    const header = (questions: number, answers: number): Buffer => {
      const bytes = Buffer.alloc(60_000);
      bytes.writeUInt16BE(questions, 4);
      bytes.writeUInt16BE(answers, 6);
      return bytes;
    };
    expect(() => decodeMessage(header(33, 0))).toThrow("33 questions");
    expect(() => decodeMessage(header(0, 257))).toThrow("too many records");
    expect(decodeMessage(header(0, 256)).answers).toHaveLength(256);
  });

  it("refuses record data that is longer or shorter than it says", () => {
    const four = "00 0001 0001 00000078";
    const packet = (rest: string): Buffer =>
      Buffer.from(`000084000000000100000000${`${four}${rest}`.replaceAll(" ", "")}`, "hex");
    expect(decodeMessage(packet("0004 0a000005")).answers).toHaveLength(1);
    expect(() => decodeMessage(packet("0005 0a00000500"))).toThrow("not as long as it says");
    expect(() => decodeMessage(packet("0003 0a000005"))).toThrow("not as long as it says");
  });

  it("refuses to write a label, name, text or packet that is too long, and names it", () => {
    const asking = (text: string): Message => message({ questions: [{ name: text, type: 12, class: 1 }] });
    expect(() => encodeMessage(asking(`${"x".repeat(64)}.micro`))).toThrow(`label "${"x".repeat(64)}"`);
    expect(() => encodeMessage(asking("a..micro"))).toThrow("has 0 bytes");
    expect(() => encodeMessage(asking(Array(60).fill("abcd").join(".")))).toThrow("longer than DNS allows");
    const txt = (strings: string[]): Message =>
      message({ answers: [{ kind: "TXT", name: "a", class: 1, ttl: 1, strings }] });
    expect(() => encodeMessage(txt(["x".repeat(256)]))).toThrow("longer than 255 bytes");
    expect(() => encodeMessage(txt(Array(40).fill("x".repeat(255))))).toThrow(`longer than ${maxMessageBytes} bytes`);
  });
});
