import { resolve } from "node:path";
import { parseFlags, serviceFlags, systemClock, withDefaults } from "@micro/core";
import type { RunCommand } from "../command.ts";
import { commandHelp } from "../help.ts";
import { styleOf } from "../style.ts";
import { watchFolders } from "./changes.ts";
import { startScript } from "./child.ts";
import { runFace, runFlags } from "./face.ts";
import { flagsAsEnv } from "./flags-as-env.ts";
import { type Prefixed, prefixes } from "./prefix.ts";
import { findProjects, type Project } from "./projects.ts";
import { type Outcome, type SuperviseParts, supervise } from "./supervise.ts";
import { untilStopped } from "./until-stopped.ts";

/** `micro run [FOLDER …] [-- FLAGS]`. Exit code 0 when all ended in order, 1 when one had to be killed or failed. */
export const runServices: RunCommand = async (input) => {
  const { env, program, out, err, colours = false } = input;
  const [argv, args] = split(input.argv);
  const table = [...runFlags, ...serviceFlags] as const;
  // What the environment says reaches the services by itself.
  const { values, rest, help } = parseFlags(table, { argv, env: {}, program });
  const style = styleOf(colours);
  if (help) {
    out(commandHelp(runFace, runFlags, program, style));
    return 0;
  }
  const settings = withDefaults(table, values);
  const projects = await findProjects(rest.length > 0 ? rest : ["."], settings.only);
  const writers = prefixes(projects, style, { out, err });
  const { stopping, hurry, release } = untilStopped();
  const childEnv = { ...env, ...flagsAsEnv(values), ...(colours && { FORCE_COLOR: env.FORCE_COLOR ?? "1" }) };

  async function watchOver(project: Project, { line, say }: Prefixed): Promise<Outcome> {
    const script = { folder: project.folder, env: childEnv, onLine: line };
    const folders = [project.folder, ...(settings.watch ?? []).map((folder) => resolve(folder))];
    const changes = settings.reload ? watchFolders(folders, say) : undefined;
    const parts: SuperviseParts = {
      clock: systemClock,
      changes,
      say,
      stopping,
      hurry,
      stopTimeoutMs: settings.stop_timeout,
      start: (command) => startScript(command, { ...script, args }),
      build: settings.build ? (command) => buildOnce(command, script, stopping, hurry) : undefined,
    };
    try {
      return await supervise(project, parts);
    } finally {
      changes?.close();
    }
  }

  try {
    const running = writers.map(([project, writer]) => watchOver(project, writer));
    const outcomes = await Promise.all(running);
    const killed = projects.filter((_, at) => outcomes[at] === "killed");
    for (const { name } of killed) err(`micro: ${name} did not stop in time and was killed\n`);
    return outcomes.some((outcome) => outcome === "killed" || outcome === "failed") ? 1 : 0;
  } finally {
    release();
  }
};

/** The arguments of this command, and those behind `--`, which are the services' own. */
function split(argv: readonly string[]): [own: readonly string[], services: readonly string[]] {
  const at = argv.indexOf("--");
  return at < 0 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
}

async function buildOnce(
  command: string,
  script: Parameters<typeof startScript>[1],
  stopping: AbortSignal,
  hurry: AbortSignal,
): Promise<boolean> {
  const child = startScript(command, script);
  const end = (): void => void child.stop(0, hurry);
  stopping.addEventListener("abort", end, { once: true });
  const { code } = await child.ended;
  stopping.removeEventListener("abort", end);
  return code === 0;
}
