import { createInterface } from "node:readline";
import { type Flag, parseFlags } from "@micro/core";
import type { CommandInput, RunCommand } from "../command.ts";
import { candidates } from "../completion/candidates.ts";
import { registryLookups } from "../completion/lookups.ts";
import { lineOf } from "../failure.ts";
import { commandHelp } from "../help.ts";
import { openSession, type Session } from "../session/session.ts";
import { otherServiceFlags, type SessionValues, sessionFlags } from "../session/session-flags.ts";
import { terseLogger } from "../session/terse-logger.ts";
import { styleOf } from "../style.ts";
import { shellFace } from "./face.ts";
import { historyFile, openHistory } from "./history.ts";
import { runLine, type ShellParts } from "./shell-command.ts";
import { shellTree } from "./shell-tree.ts";

/** `micro cli`: runs lines until the input ends. From a terminal with prompt, completion and history; else exit code 1 when one failed. */
export const runShell: RunCommand = async (input) => {
  const { argv, env, program, out, err, colours = false } = input;
  const table: readonly Flag[] = [...sessionFlags, ...otherServiceFlags];
  const { values, help } = parseFlags(table, { argv, env, program });
  const style = styleOf(colours);
  if (help) {
    out(commandHelp(shellFace, table, program, style));
    return 0;
  }
  const settings = values as SessionValues;
  await using session = openSession(settings, terseLogger(settings.log_level ?? "warn", err));
  const parts: ShellParts = { session, style, out, err, room: input.room ?? (async () => undefined) };
  return process.stdin.isTTY && process.stdout.isTTY ? await atTerminal(input, parts) : await fromInput(parts);
};

async function atTerminal({ env, err }: CommandInput, parts: ShellParts): Promise<number> {
  const history = await openHistory(historyFile(env), (message) => err(`micro: ${message}\n`));
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: "micro> ",
    history: [...history.lines],
    historySize: 1_000,
    removeHistoryDuplicates: true,
    completer: completer(parts.session),
  });
  let running: AbortController | undefined;
  lines.on("SIGINT", () => {
    if (running) running.abort();
    else lines.write(null, { ctrl: true, name: "u" });
  });
  lines.prompt();
  for await (const line of lines) {
    await history.add(line);
    running = new AbortController();
    const outcome = await attempt(line, parts, running.signal);
    running = undefined;
    if (outcome === "leave") break;
    lines.prompt();
  }
  lines.close();
  parts.out("\n");
  return 0;
}

async function fromInput(parts: ShellParts): Promise<number> {
  let failed = false;
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    const outcome = await attempt(line, parts, new AbortController().signal);
    if (outcome === "failed") failed = true;
    if (outcome === "leave") break;
  }
  lines.close();
  return failed ? 1 : 0;
}

/** Runs a line; what went wrong is told, and the shell goes on. */
async function attempt(line: string, parts: ShellParts, signal: AbortSignal): Promise<"leave" | "failed" | undefined> {
  try {
    return await runLine(line, parts, signal);
  } catch (reason) {
    const told = lineOf(reason);
    if (told === undefined) throw reason;
    parts.err(`${parts.style.bad(told.replace(/^micro: /, ""))}\n`);
    return "failed";
  }
}

/** Completes as Node's readline asks for it: what may stand there, and the piece of the line that it takes the place of. */
function completer(session: Session) {
  const tree = { ...shellTree, ...registryLookups(session) };
  return (line: string, done: (error: Error | null, result: [string[], string]) => void): void => {
    const words = line.trimStart().split(/\s+/);
    const current = words.at(-1) ?? "";
    candidates(tree, words.slice(0, -1), current).then(
      (found) => done(null, [found.map(({ text }) => (text.endsWith("=") ? text : `${text} `)), current]),
      (reason: unknown) => done(reason instanceof Error ? reason : new Error(String(reason)), [[], current]),
    );
  };
}
