import { formatDuration } from "../words/duration.ts";
import { dashed, type Flag, type FlagType } from "./flags.ts";

export interface HelpOptions {
  /** What the person types to start it. */
  readonly program: string;
  /** What follows the program's name in the first line. @default "[flags]" */
  readonly usage?: string;
  /** A sentence or two on what the program is for. */
  readonly summary?: string;
  /** Columns to fill. @default those of the terminal, else 80; never under 40 or over 120 */
  readonly width?: number;
}

const defaultGroup = "Flags";
const placeholders: Readonly<Record<FlagType, string>> = {
  string: "TEXT",
  int: "NUMBER",
  duration: "DURATION",
  boolean: "",
  list: "A,B,…",
  pairs: "KEY=VALUE",
};

/** The text that `--help` prints, with a newline at its end. */
export function formatHelp(table: readonly Flag[], options: HelpOptions): string {
  const { program, usage = "[flags]", summary, width = process.stdout.columns ?? 80 } = options;
  const columns = Math.min(120, Math.max(40, width));
  const heeded = table.filter((flag) => !flag.ignored);
  const labels = new Map(heeded.map((flag) => [flag, label(flag)]));
  // One long name must not push all sentences to the right edge; it gets a line of its own instead.
  const indent = Math.min(
    Math.floor(columns * 0.4),
    2 + Math.max(0, ...[...labels.values()].map(({ length }) => length)) + 2,
  );

  const lines = [`Usage: ${program} ${usage}`];
  if (summary !== undefined) lines.push("", ...wrap(summary, columns));
  for (const [group, flags] of byGroup(heeded)) {
    lines.push("", group);
    for (const flag of flags) lines.push(...entry(`  ${labels.get(flag)}`, describe(flag), indent, columns));
  }
  const ignored = table.filter((flag) => flag.ignored).map((flag) => dashed(flag.name));
  if (ignored.length > 0)
    lines.push(
      "",
      ...wrap("Taken for the sake of go-micro start scripts, without effect", columns),
      ...wrap(ignored.join(" "), columns, "  "),
    );
  return `${lines.join("\n")}\n`;
}

function label(flag: Flag): string {
  const names = [...(flag.aliases ?? []), flag.name].map(dashed).join(", ");
  if (flag.type === "boolean") return flag.default === true ? names.replace(/--(\w+)$/, "--[no-]$1") : names;
  return `${names} ${flag.placeholder ?? placeholders[flag.type]}`;
}

function describe(flag: Flag): string {
  const choices = flag.choices ? `: ${flag.choices.join(", ")}` : "";
  const byDefault = flag.default === undefined || flag.default === false ? "" : ` (default ${formatDefault(flag)})`;
  return `${flag.help}${choices}${byDefault}${flag.env === undefined ? "" : ` [$${flag.env}]`}`;
}

function formatDefault({ type, default: value }: Flag): string {
  if (type === "duration" && typeof value === "number") return formatDuration(value);
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([key, text]) => `${key}=${text}`)
      .join(",");
  return String(value);
}

function byGroup(flags: readonly Flag[]): Map<string, Flag[]> {
  const groups = new Map<string, Flag[]>();
  for (const flag of flags) {
    const group = flag.group ?? defaultGroup;
    groups.set(group, [...(groups.get(group) ?? []), flag]);
  }
  return groups;
}

function entry(name: string, sentence: string, indent: number, columns: number): string[] {
  const [first = "", ...more] = wrap(sentence, columns, " ".repeat(indent));
  if (name.length + 2 > indent) return [name, first, ...more];
  return [name.padEnd(indent) + first.slice(indent), ...more];
}

function wrap(text: string, columns: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line !== indent && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}
