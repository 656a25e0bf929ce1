import type { RunCommand } from "./command.ts";
import { runMicro } from "./run.ts";

/** `micro help COMMAND`: the same as `micro COMMAND --help`. */
export const runHelp: RunCommand = ({ argv, ...input }) => runMicro({ ...input, argv: [...argv, "--help"] });
