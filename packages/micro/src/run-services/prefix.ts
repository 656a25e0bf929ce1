import type { Style } from "../style.ts";

/** Writes lines of many services so that each says whose it is. */
export interface Prefixed {
  /** A line of the service's own. */
  line(stream: "out" | "err", text: string): void;
  /** What is told about it. */
  say(text: string): void;
}

/** A writer for each of them, in order, their prefixes of one width and each in a colour of its own. */
export function prefixes<T extends { readonly name: string }>(
  items: readonly T[],
  style: Style,
  write: Readonly<Record<"out" | "err", (text: string) => void>>,
): [T, Prefixed][] {
  const width = Math.max(...items.map(({ name }) => name.length));
  return items.map((item, at) => {
    const prefix = style.nth(at)(`${item.name.padEnd(width)} |`);
    const writer: Prefixed = {
      line: (stream, text) => write[stream](`${prefix} ${text}\n`),
      say: (text) => write.err(`${prefix} ${style.bold(`── ${text}`)}\n`),
    };
    return [item, writer];
  });
}
