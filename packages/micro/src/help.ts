import { type Flag, formatHelp } from "@micro/core";
import type { CommandFace, CommandGroup } from "./command.ts";
import type { Style } from "./style.ts";

/** What `--help` shows of one command: how it is typed, what it is for, examples, flags. */
export function commandHelp(face: CommandFace, flags: readonly Flag[], program: string, style: Style): string {
  const { usage = "[flags]", summary, details = [], examples = [] } = face;
  // Flags that mean nothing here need no line in a help that is to be read.
  const shown = flags.filter(({ ignored }) => !ignored);
  const [first = "", ...groups] = formatHelp(shown, { program, usage }).trimEnd().split("\n\n");
  const sentence = `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
  const parts = [first, sentence, ...details].map(wrapped);
  if (examples.length > 0) parts.push(["Examples", ...examples.flatMap(exampleLines)].join("\n"));
  return `${[...parts, ...groups].map((part) => headed(part, style)).join("\n\n")}\n`;
}

/** What `--help` shows of a word that several commands share, or of the whole program. */
export function groupHelp(
  {
    usage = "COMMAND [flags] [arguments]",
    summary,
    commands,
    details = [],
  }: Pick<CommandGroup, "usage" | "summary" | "details"> & { readonly commands: readonly CommandFace[] },
  flags: readonly Flag[],
  program: string,
  style: Style,
): string {
  const [first = "", ...groups] = formatHelp(flags, { program, usage }).trimEnd().split("\n\n");
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map((each) => `  ${each.name.padEnd(width)}  ${each.summary}`);
  const parts = [
    first,
    ...(summary === "" ? [] : [summary]),
    ["Commands", ...lines].join("\n"),
    `${program} COMMAND --help tells more of a command.`,
    ...details.map(wrapped),
    ...groups,
  ];
  return `${parts.map((part) => headed(part, style)).join("\n\n")}\n`;
}

/** A paragraph in lines that fit the terminal. */
function wrapped(text: string): string {
  const columns = Math.min(100, Math.max(40, process.stdout.columns ?? 80));
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

function exampleLines([line, does]: readonly [string, string]): string[] {
  return [`  ${line}`, `      ${does}`];
}

/** A part whose first line stands above indented ones has a heading. */
function headed(part: string, style: Style): string {
  return /^\S[^\n]*\n {2}/.test(part) ? part.replace(/^[^\n]*/, (heading) => style.bold(heading)) : part;
}
