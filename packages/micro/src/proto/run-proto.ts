import { join } from "node:path";
import { ConfigError, parseFlags, withDefaults } from "@micro/core";
import { differing, writeFiles } from "protoc-gen-micro";
import { CommandFailure, type RunCommand } from "../command.ts";
import { lineOf } from "../failure.ts";
import { commandHelp } from "../help.ts";
import { interruption } from "../interrupt.ts";
import { styleOf } from "../style.ts";
import { protoFace, protoFlags } from "./face.ts";
import { generateFiles } from "./generate-files.ts";
import { protoSources } from "./sources.ts";
import { onChanges } from "./watch.ts";

/** `micro proto [FILE or FOLDER …]`. */
export const runProto: RunCommand = async ({ argv, env, program, out, err, colours = false }) => {
  const { values, rest, help } = parseFlags(protoFlags, { argv, env, program });
  if (help) {
    out(commandHelp(protoFace, protoFlags, program, styleOf(colours)));
    return 0;
  }
  const settings = withDefaults(protoFlags, values);
  if (settings.check && settings.watch)
    throw new ConfigError("--check looks once and --watch goes on; expected one of them");

  async function run(): Promise<number> {
    const { files, warnings } = await generateFiles(await protoSources(rest, settings.proto_path), settings);
    for (const warning of warnings) err(`${warning}\n`);
    const different = await differing(settings.out, files).catch(notOurs);
    const paths = different.map(({ path }) => join(settings.out, path));
    if (settings.check) {
      for (const path of paths) err(`${path} is not what its proto file generates\n`);
      return paths.length > 0 ? 1 : 0;
    }
    await writeFiles(settings.out, different).catch(notOurs);
    for (const path of paths) out(`${path}\n`);
    return 0;
  }
  if (!settings.watch) return run();

  /** A mistake in a file waits for its correction. */
  async function runOnce(): Promise<void> {
    try {
      await run();
    } catch (reason) {
      const line = lineOf(reason);
      if (line === undefined) throw reason;
      err(`${line}\n`);
    }
  }
  // Before anything is watched, since no change of a file mends what was typed.
  const { protoPaths } = await protoSources(rest, settings.proto_path);
  const { signal, release } = interruption();
  try {
    await onChanges(protoPaths, runOnce, { signal, say: (text) => err(`micro: ${text}\n`) });
  } finally {
    release();
  }
  return 0;
};

/** What the system says of a path, such as a folder that may not be written to, is no surprise. */
function notOurs(reason: unknown): never {
  if (reason instanceof Error && "syscall" in reason && "path" in reason)
    throw new CommandFailure(`micro: ${reason.message}`, { cause: reason });
  throw reason;
}
