import { expect, it } from "vitest";
import { Batch } from "./batch.ts";
import { Output } from "./output.ts";

function batch() {
  const told: string[] = [];
  const output = new Output();
  const driver = {
    wake: () => void told.push("wake"),
    hurry: () => void told.push("hurry"),
    now: () => 0,
    after: () => () => undefined,
  };
  return { told, output, batch: new Batch(driver, output) };
}

it("asks once for the end of the turn, until that has come", () => {
  const { told, batch: pending } = batch();
  pending.wrote();
  pending.wrote();
  expect(told).toEqual(["wake"]);
  pending.flushed();
  pending.wrote();
  expect(told).toEqual(["wake", "wake"]);
});

it.each([
  [1, 8],
  [32, 8],
  [100, 25],
])("of %i streams under way hurries when %i are complete", (open, complete) => {
  const { told, batch: pending } = batch();
  for (let ends = 1; ends < complete; ends++) pending.completed(open);
  expect(told).toEqual([]);
  pending.completed(open);
  expect(told).toEqual(["hurry"]);
  pending.flushed();
  pending.completed(open);
  expect(told).toEqual(["hurry"]);
});

it("hurries when much waits, whatever is complete", () => {
  const { told, output, batch: pending } = batch();
  output.append(new Uint8Array(32_767));
  pending.wrote();
  output.append(new Uint8Array(1));
  pending.wrote();
  expect(told).toEqual(["wake", "hurry"]);
});
