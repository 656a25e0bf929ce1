/** Changes how a text looks on a terminal. */
export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  /** One of six colours; the same number gives the same. */
  nth(number: number): Paint;
}

/** Colours by the codes that every terminal knows, or none at all. */
export function styleOf(colours: boolean): Style {
  const paint = (on: number, off: number): Paint => (colours ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : plain);
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    nth: (number) => paint(named[number % named.length] ?? 36, 39),
  };
}

/**
 * Whether to write colours: on a terminal, unless `NO_COLOR` is set or the terminal is dumb; elsewhere only when
 * `FORCE_COLOR` is set to anything but 0. See https://no-color.org and https://force-color.org.
 */
export function wantsColours(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0";
  return terminal && TERM !== "dumb";
}

const plain: Paint = (text) => text;
// Cyan, yellow, magenta, blue, green, and bright cyan: those that are read on dark and on light. Red stays for failures.
const named = [36, 33, 35, 34, 32, 96];
