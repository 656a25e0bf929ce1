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
