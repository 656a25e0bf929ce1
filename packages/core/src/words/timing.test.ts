import { describe, expect, it } from "vitest";
import { backoffMs, goMicroBackoffMs } from "./backoff.ts";
import { deadlineFrom, formatTimeoutHeader, noDeadline, parseTimeoutHeader } from "./deadline.ts";

describe("backoffMs", () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };
  it("doubles up to its ceiling", () => {
    expect([1, 2, 3, 4, 5, 60].map((retry) => backoffMs(retry, backoff, () => 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
  });
  it("takes at least half", () => {
    expect(backoffMs(3, backoff, () => 0)).toBe(200);
  });
});

describe("goMicroBackoffMs", () => {
  it("gives go-micro's table", () => {
    const seconds = Array.from({ length: 15 }, (_, attempt) => goMicroBackoffMs(attempt) / 1000);
    expect(seconds).toEqual([0, 0.1, 0.6, 1.9, 4.3, 7.9, 13, 19.8, 28.5, 39.2, 52.2, 67.7, 85.8, 106.6, 120]);
  });
});

describe("deadlineFrom", () => {
  it.each([
    [100, undefined, noDeadline, noDeadline],
    [100, 50, noDeadline, 150],
    [100, 50, 120, 120],
    [100, undefined, 120, 120],
  ])("at %d with timeout %s and inherited %d is %d", (now, timeoutMs, inherited, expected) => {
    expect(deadlineFrom(now, timeoutMs, inherited)).toBe(expected);
  });
});

describe("the timeout header", () => {
  it("is decimal nanoseconds", () => {
    expect(formatTimeoutHeader(5_000)).toBe("5000000000");
    expect(formatTimeoutHeader(0.5)).toBe("500000");
    expect(parseTimeoutHeader("5000000000")).toBe(5_000);
  });
  it.each([undefined, "", "-5", "0", "1.5", "x", "5s", "1".repeat(40)])("is absent when it is %s", (text) => {
    expect(parseTimeoutHeader(text)).toBeUndefined();
  });
});
