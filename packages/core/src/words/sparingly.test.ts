import { expect, it } from "vitest";
import { testClock } from "./clock.ts";
import { sparingly } from "./sparingly.ts";

function started() {
  const clock = testClock();
  const lines: string[] = [];
  return { clock, lines, notes: sparingly({ clock, write: (line) => lines.push(line), pauseMs: 10_000 }) };
}

it("says the first of a kind at once, and then one line a pause with how many there were", async () => {
  const { clock, lines, notes } = started();
  for (let n = 1; n <= 100; n++) notes.say("retry", `retry ${n}`);
  expect(lines).toEqual(["retry 1"]);
  await clock.advance(10_000);
  expect(lines).toEqual(["retry 1", "retry 100 (the last of 99 like it in 10 s)"]);
  notes.say("retry", "retry 101");
  await clock.advance(10_000);
  expect(lines.slice(2)).toEqual(["retry 101"]);
});

it("begins anew after a pause without any, and keeps kinds apart", async () => {
  const { clock, lines, notes } = started();
  notes.say("a", "a 1");
  notes.say("b", "b 1");
  await clock.advance(10_000);
  notes.say("a", "a 2");
  expect(lines).toEqual(["a 1", "b 1", "a 2"]);
});

it("says nothing after its end", async () => {
  const { clock, lines, notes } = started();
  notes.say("a", "a 1");
  notes.say("a", "a 2");
  notes.close();
  await clock.advance(20_000);
  expect(lines).toEqual(["a 1"]);
});

it("holds a bounded number of kinds", async () => {
  const { clock, lines, notes } = started();
  for (let n = 0; n < 5_000; n++) notes.say(`kind ${n}`, `line ${n}`);
  expect(lines.length).toBeLessThanOrEqual(1_001);
  await clock.advance(10_000);
  expect(lines.at(-1)).toContain("the last of 3999 like it");
});
