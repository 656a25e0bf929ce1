/** How a link treats each message. What is left out does not happen; every choice comes from the fleet's seed. */
export interface Faults {
  /** How long a message travels, in milliseconds: always the same, or between two numbers. @default 1 */
  delayMs?: number | readonly [min: number, max: number];
  /** The share of messages that vanish: nobody is told, and whoever waits does so until its deadline. @default 0 */
  dropRate?: number;
  /** The share of messages that arrive twice. @default 0 */
  duplicateRate?: number;
  /**
   * The share of messages that break the connection they travel on. They do not arrive, and all calls on it end with
   * 503, not known to be unprocessed, whether or not they ran. @default 0
   */
  resetRate?: number;
  /** The share of attempts to connect that are refused: 503, surely not processed. @default 0 */
  refuseRate?: number;
}

export const noFaults: Faults = {};

/** Throws a `RangeError` for what cannot be meant. */
export function checkFaults(faults: Faults): void {
  for (const key of ["dropRate", "duplicateRate", "resetRate", "refuseRate"] as const) {
    const rate = faults[key] ?? 0;
    if (!(rate >= 0 && rate <= 1)) throw new RangeError(`${key} is ${rate}; expected a share from 0 to 1`);
  }
  const [min, max] = delayRange(faults);
  if (!(min >= 0 && max >= min && max < 2 ** 31))
    throw new RangeError(
      `delayMs is ${JSON.stringify(faults.delayMs)}; expected milliseconds, or the least and the most`,
    );
}

export function delayRange({ delayMs = 1 }: Faults): readonly [min: number, max: number] {
  return typeof delayMs === "number" ? [delayMs, delayMs] : delayMs;
}
