import { describe, expect, it } from "vitest";
import { recentLatency } from "./recent-latency.ts";

describe("recentLatency", () => {
  it("says nothing before 64 calls", () => {
    const latency = recentLatency(0.95);
    for (let ms = 0; ms < 63; ms++) latency.add(ms);
    expect(latency.quantileMs).toBeUndefined();
    latency.add(63);
    expect(latency.quantileMs).toBe(60);
  });

  it("goes by the last 256", () => {
    const latency = recentLatency(0.5);
    for (let i = 0; i < 1_000; i++) latency.add(1_000);
    for (let i = 0; i < 280; i++) latency.add(i % 2 === 0 ? 10 : 5);
    expect(latency.quantileMs).toBe(10);
  });

  it("tells the longest for a share of 1", () => {
    const latency = recentLatency(1);
    for (let i = 1; i <= 64; i++) latency.add(i);
    expect(latency.quantileMs).toBe(64);
  });
});
