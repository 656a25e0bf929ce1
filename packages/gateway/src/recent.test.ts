import { expect, test } from "vitest";
import { recent } from "./recent.ts";

test("holds no more than it may, whatever is put in", () => {
  const kept = recent<number>(10);
  for (let at = 0; at < 1_000; at++) kept.set(`k${at}`, at);
  const present = Array.from({ length: 1_000 }, (_, at) => kept.get(`k${at}`)).filter((value) => value !== undefined);
  expect(present.length).toBeLessThanOrEqual(10);
  expect(present).toContain(999);
});

test("what is used stays while others come and go", () => {
  const kept = recent<string>(10);
  kept.set("hot", "hot");
  for (let at = 0; at < 1_000; at++) {
    kept.set(`k${at}`, "cold");
    expect(kept.get("hot")).toBe("hot");
  }
});
