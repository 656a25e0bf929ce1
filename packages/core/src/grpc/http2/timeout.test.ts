import { describe, expect, it } from "vitest";
import { formatGrpcTimeout, parseGrpcTimeout } from "./timeout.ts";

describe("grpc-timeout", () => {
  it.each([
    ["5S", 5_000],
    ["100m", 100],
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["1500u", 1.5],
    ["1000000n", 1],
  ])("%s is %d ms", (text, ms) => {
    expect(parseGrpcTimeout(text)).toBeCloseTo(ms);
  });

  it.each([undefined, "", "5", "5s", "S", "-5S", "123456789S", "1.5S"])("is absent when it is %s", (text) => {
    expect(parseGrpcTimeout(text)).toBeUndefined();
  });

  it.each([
    [0.1, "1m"],
    [4_999.2, "5000m"],
    [99_999_999, "99999999m"],
    [100_000_000, "100000S"],
    [Number.MAX_SAFE_INTEGER, "99999999H"],
  ])("of %d ms is %s, never less than the caller has", (ms, text) => {
    expect(formatGrpcTimeout(ms)).toBe(text);
  });
});
