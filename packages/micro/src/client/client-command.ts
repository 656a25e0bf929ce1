import { type Flag, parseFlags } from "@micro/core";
import type { CommandFace, RunCommand } from "../command.ts";
import { commandHelp } from "../help.ts";
import { interruption } from "../interrupt.ts";
import { openSession } from "../session/session.ts";
import { otherServiceFlags, type SessionValues, sessionFlags } from "../session/session-flags.ts";
import { terseLogger } from "../session/terse-logger.ts";
import { styleOf } from "../style.ts";
import type { Ask, RunAsk } from "./ask.ts";

/** A command that asks services: reads its flags, opens what they choose, runs, and closes everything. */
export function clientCommand<const Table extends readonly Flag[]>(
  face: CommandFace & { readonly flags: Table },
  run: RunAsk<Table>,
): RunCommand {
  return async ({ argv, env, program, out, err, room = roomAlways, colours = false }) => {
    const parsed = parseFlags<readonly Flag[]>(flagsOf(face), { argv, env, program });
    const style = styleOf(colours);
    if (parsed.help) {
      out(commandHelp(face, flagsOf(face), program, style));
      return 0;
    }
    for (const warning of parsed.warnings) err(`micro: ${warning}\n`);
    const values = parsed.values as SessionValues & Ask<Table>["values"];
    const session = openSession(values, terseLogger(values.log_level ?? "warn", err));
    const { signal, release } = interruption();
    try {
      await run({ session, values, args: parsed.rest, style, signal, lasting: false, out, err, room });
    } finally {
      release();
      await session.close();
    }
    return 0;
  };
}

/** All that such a command knows, its own first. */
export function flagsOf({ flags = [] }: CommandFace): readonly Flag[] {
  return [...flags, ...sessionFlags, ...otherServiceFlags];
}

async function roomAlways(): Promise<void> {
  return;
}
