import { expect, it } from "vitest";
import { Output } from "./output.ts";

function write(output: Output, text: string): void {
  output.reserve(text.length);
  output.end += output.buffer.write(text, output.end, "latin1");
}

function flushed(output: Output): string[] {
  const pieces: string[] = [];
  output.flush((piece, more) => pieces.push(`${Buffer.from(piece).toString("latin1")}${more ? "+" : ""}`));
  return pieces;
}

it("hands over in one piece what was written in turn", () => {
  const output = new Output();
  for (const text of ["a", "b", "c"]) write(output, text);
  expect(output.bytes).toBe(3);
  expect(flushed(output)).toEqual(["abc"]);
  expect(flushed(output)).toEqual([]);
  expect(output.bytes).toBe(0);
});

it("keeps the order around payloads that are not copied", () => {
  const output = new Output();
  write(output, "a");
  output.append(Buffer.from("payload"));
  write(output, "b");
  expect(output.bytes).toBe(9);
  expect(flushed(output)).toEqual(["a+", "payload+", "b"]);
});

it("goes on in a new slab when one is full", () => {
  const output = new Output();
  write(output, "x".repeat(65_000));
  write(output, "y".repeat(1000));
  expect(flushed(output).join("").replaceAll("+", "")).toBe("x".repeat(65_000) + "y".repeat(1000));
});

it("uses its memory again only when told so and nothing waits", () => {
  const output = new Output();
  write(output, "a");
  output.recycle();
  expect(flushed(output)).toEqual(["a"]);
  expect(output.end).toBe(1);
  output.recycle();
  expect(output.end).toBe(0);
});

it("holds little until a turn writes much, and nothing large once that was sent", () => {
  const output = new Output();
  expect(output.buffer.length).toBe(0);
  write(output, "a");
  expect(output.buffer.length).toBe(4096);
  flushed(output);
  output.recycle();
  expect(output.buffer.length).toBe(4096);
  for (let n = 0; n < 100; n++) write(output, "x".repeat(1000));
  expect(flushed(output).join("").replaceAll("+", "")).toBe("x".repeat(100_000));
  output.recycle();
  expect(output.buffer.length).toBe(0);
});

it("grows no slab for what was sent before, where its memory cannot be used again", () => {
  const output = new Output();
  for (let n = 0; n < 100; n++) {
    write(output, "x".repeat(1000));
    expect(flushed(output)).toHaveLength(1);
  }
  expect(output.buffer.length).toBe(4096);
});

it("writes a long turn into the slabs that the long turn before it filled", () => {
  const output = new Output();
  output.recycle();
  const slabsOfTurn = (): Set<ArrayBufferLike> => {
    const slabs = new Set<ArrayBufferLike>();
    for (let n = 0; n < 400; n++) {
      write(output, "x".repeat(1000));
      if (output.buffer.length === 65_536) slabs.add(output.buffer.buffer);
    }
    expect(flushed(output).join("").replaceAll("+", "")).toBe("x".repeat(400_000));
    return slabs;
  };
  const first = slabsOfTurn();
  output.recycle();
  const second = slabsOfTurn();
  expect([...first].filter((slab) => second.has(slab)).length).toBeGreaterThanOrEqual(5);
});

it("writes into no slab again that the socket still has", () => {
  const output = new Output();
  output.recycle();
  const pieces: Uint8Array[] = [];
  for (let turn = 0; turn < 4; turn++) {
    for (let n = 0; n < 200; n++) write(output, String(turn).repeat(1000));
    output.flush((piece) => pieces.push(piece));
  }
  const text = Buffer.concat(pieces).toString("latin1");
  expect(text).toBe(["0", "1", "2", "3"].map((digit) => digit.repeat(200_000)).join(""));
});
