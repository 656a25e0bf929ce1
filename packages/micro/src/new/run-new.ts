import { basename, isAbsolute, normalize } from "node:path";
import { ConfigError, parseFlags, withDefaults } from "@micro/core";
import type { RunCommand } from "../command.ts";
import { commandHelp } from "../help.ts";
import { styleOf } from "../style.ts";
import { newFace, newFlags } from "./face.ts";
import { type ProjectType, projectNames } from "./names.ts";
import { projectFiles, writeProject } from "./project.ts";
import { tree } from "./tree.ts";

/** `micro new FOLDER`. */
export const runNew: RunCommand = async ({ argv, env, program, out, err, colours = false }) => {
  const { values, rest, help, warnings } = parseFlags(newFlags, { argv, env, program });
  if (help) {
    out(commandHelp(newFace, newFlags, program, styleOf(colours)));
    return 0;
  }
  for (const warning of warnings) err(`micro: ${warning}\n`);
  const folder = folderIn(rest, program);
  const settings = withDefaults(newFlags, values);
  const names = projectNames({
    type: typeOf(settings.type),
    alias: settings.alias ?? basename(folder),
    namespace: settings.namespace,
    ...(settings.fqdn !== undefined && { fqdn: settings.fqdn }),
  });
  const files = await projectFiles(names);
  await writeProject(folder, files);
  const paths = files.map(({ path }) => path);
  out(`Creating ${names.type} ${names.fqdn} in ${folder}\n\n${tree(paths)}\n\n`);
  out(`Now build it and run it:\n\n    cd ${folder}\n    npm install\n    npm run build\n    npm start\n\n`);
  out("and read its README.md for how to call it. npm test runs its tests.\n");
  return 0;
};

function folderIn(rest: readonly string[], program: string): string {
  const [given, extra] = rest;
  if (given === undefined || given === "")
    throw new ConfigError(`missing the folder; expected such as: ${program} greeter`);
  if (extra !== undefined) throw new ConfigError(`unexpected argument ${JSON.stringify(extra)} behind ${given}`);
  if (isAbsolute(given))
    throw new ConfigError(`${given} is an absolute path; expected one from here on, such as greeter`);
  const folder = normalize(given).replace(/[\\/]+$/, "");
  if (folder === "." || basename(folder) === "..")
    throw new ConfigError(`${given} names no new folder; expected such as greeter`);
  return folder;
}

function typeOf(word: (typeof newFlags)[0]["choices"][number]): ProjectType {
  if (word === "srv") return "service";
  return word === "fnc" ? "function" : word;
}
