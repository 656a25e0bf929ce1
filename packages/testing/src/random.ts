/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** True in `rate` of all cases. A rate of 0 draws no number, so that a fault which is off changes nothing else. */
  chance(rate: number): boolean;
}

/** A generator for a seed, any number. Source: Tommy Ettinger's `mulberry32`, public domain. */
export function seededRandom(seed: number): Random {
  // Neighbouring seeds would begin alike without the multiplication.
  let state = Math.imul(Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32), 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (rate) => rate > 0 && next() < rate,
  };
}
