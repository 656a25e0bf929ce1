import { expect } from "vitest";
import { eventually } from "./eventually.ts";

/** What a stream gives that was read to its good end, besides what was received and sent. */
export const goodEnd = { ended: true, error: undefined, text: "", stuck: false } as const;

export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

export const numbersOf = (parts: readonly { number: number }[]): number[] => parts.map(({ number }) => number);

export const kibibytes = (count: number): Uint8Array => new Uint8Array(count * 1024).fill(7);

/** The number at which a count has come to stand. */
export async function standstill(count: () => Promise<number>): Promise<number> {
  const seen: number[] = [];
  return eventually(async () => {
    const now = await count();
    const before = seen.slice(-4);
    seen.push(now);
    expect(now).toBeGreaterThan(0);
    expect(before).toEqual([now, now, now, now]);
    return now;
  });
}
