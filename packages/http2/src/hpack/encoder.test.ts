import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fields } from "../header-list.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import { HeaderTemplate } from "./header-template.ts";

function encode(encoder: HpackEncoder, template: HeaderTemplate | undefined, fields: Fields): Buffer {
  const room = encoder.bound(template, fields);
  const out = Buffer.alloc(room);
  const end = encoder.encode(out, 0, template, fields);
  expect(end).toBeLessThanOrEqual(room);
  return out.subarray(0, end);
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const value = fc.stringMatching(/^[ -~\x80-\xff]{0,40}$/);
// Few different ones, so that they repeat.
const field = fc.oneof(
  fc.constantFrom<[string, string]>(["a", "1"], ["a", "2"], [":method", "POST"], ["te", "trailers"], ["cookie", "x"]),
  fc.tuple(name, value),
);
const fieldList = fc.array(field, { maxLength: 12 }).map((list) => list.flat());

describe("hpack encoder", () => {
  it("is understood by a decoder, whatever repeats and however the table changes", () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ fields: fieldList, template: fc.option(fc.nat(2)) }) },
      { weight: 1, arbitrary: fc.record({ resize: fc.constantFrom(0, 40, 100, 300, 4096, 100_000) }) },
    );
    fc.assert(
      fc.property(
        fc.array(fieldList, { minLength: 3, maxLength: 3 }),
        fc.array(step, { maxLength: 30 }),
        (lists, steps) => {
          const templates = lists.map((fields) => new HeaderTemplate(fields));
          const encoder = new HpackEncoder(4096);
          const decoder = new HpackDecoder(4096, 1_000_000);
          for (const each of steps) {
            if ("resize" in each) {
              encoder.allow(each.resize);
              continue;
            }
            const template = each.template === null ? undefined : templates[each.template];
            const block = encode(encoder, template, each.fields);
            const list = decoder.decode(block, 0, block.length);
            expect(list.fields).toEqual([...(template?.fields ?? []), ...each.fields]);
            expect(decoder.tableBytes).toBe(encoder.tableBytes);
          }
        },
      ),
    );
  });

  it("sends a template as a byte a field from the second time on", () => {
    const encoder = new HpackEncoder(4096);
    const template = new HeaderTemplate([
      ":method",
      "POST",
      ":path",
      "/Greeter/Hello",
      "content-type",
      "application/grpc",
    ]);
    expect(encode(encoder, template, []).length).toBeGreaterThan(20);
    expect(encode(encoder, template, []).length).toBe(3);
    expect(encode(encoder, template, []).length).toBe(3);
  });

  it("puts a field into the table when it comes for the second time", () => {
    const encoder = new HpackEncoder(4096);
    const fields = ["x-user", "somebody"];
    const lengths = [1, 2, 3].map(() => encode(encoder, undefined, fields).length);
    expect(lengths[0]).toBeGreaterThan(8);
    expect(lengths[1]).toBeGreaterThan(8);
    expect(lengths[2]).toBe(1);
  });

  it.each(["x-api-key", "session-token", "authorization", "cookie", "grpc-timeout"])(
    "never puts %s into the table",
    (name) => {
      const encoder = new HpackEncoder(4096);
      for (let i = 0; i < 4; i++) encode(encoder, undefined, [name, "secret or changing"]);
      expect(encoder.tableBytes).toBe(0);
    },
  );

  it("marks secret fields as never to be indexed, also by those who pass them on", () => {
    const block = encode(new HpackEncoder(4096), undefined, ["authorization", "x"]);
    expect((block[0] ?? 0) & 0xf0).toBe(0x10);
    const template = new HeaderTemplate(["x-key", "x"], ["x-key"]);
    expect((encode(new HpackEncoder(4096), template, [])[0] ?? 0) & 0xf0).toBe(0x10);
  });

  it("keeps its table and its memory of fields bounded", () => {
    const encoder = new HpackEncoder(4096);
    for (let i = 0; i < 5000; i++)
      for (let twice = 0; twice < 2; twice++) encode(encoder, undefined, [`n${i}`, `v${i}`]);
    expect(encoder.tableBytes).toBeLessThanOrEqual(4096);
  });

  it.each([
    ["an upper-case name", ["Accept", "x"]],
    ["an empty name", ["", "x"]],
    ["a name with a blank", ["a b", "x"]],
    ["a line feed in a value", ["a", "x\ny: z"]],
    ["a NUL in a value", ["a", "\0"]],
    ["a character beyond latin1, whose low byte is a line feed", ["a", "\u010a"]],
  ])("refuses %s and stays in step with the decoder", (_, bad) => {
    const encoder = new HpackEncoder(4096);
    const decoder = new HpackDecoder(4096, 65_536);
    const good = ["x-a", "1"];
    for (let i = 0; i < 3; i++) {
      expect(() => encode(encoder, undefined, [...good, ...bad])).toThrow(TypeError);
      const block = encode(encoder, undefined, good);
      expect(decoder.decode(block, 0, block.length).fields).toEqual(good);
    }
    expect(() => new HeaderTemplate(bad)).toThrow(TypeError);
  });
});
