import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProtoError } from "./diagnostics.ts";
import { type Generated, generate } from "./generate.ts";
import { importExtension } from "./plugin.ts";
import { compileProto, UsageError } from "./proto/compile.ts";
import { differing, writeFiles } from "./write.ts";

const help = `Usage: protoc-gen-micro --out <folder> [--proto_path <folder>]... <file.proto>...

Generates TypeScript for the .proto files and for what they import. Needs no protoc; called by protoc or buf without
arguments it is their plugin.

  --out <folder>            where the generated files go
  -I, --proto_path <folder> where imports are found; may be given more than once (default: the working directory)
  --import_extension <ext>  how imports between generated files end: ts, js or none (default: ts)
  --core <module>           what generated code imports instead of @micro/core
  --check                   write nothing; exit with 1 and name the files that are not as they would be generated
  --help                    print this

Exits with 0 when done, 1 when a .proto file is wrong or --check finds a difference, 2 when called wrongly.
`;

/** Where the command writes to: standard output and standard error of a process. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Runs the command with its arguments and gives its exit code. */
export async function runCommand(args: readonly string[], output: Output): Promise<number> {
  try {
    return await command(readFlags(args), output);
  } catch (reason) {
    if (reason instanceof ProtoError) {
      output.err(`${reason.message}\n`);
      return 1;
    }
    if (!(reason instanceof UsageError || isFileError(reason))) throw reason;
    output.err(`protoc-gen-micro: ${reason.message}\nprotoc-gen-micro --help tells how to call it\n`);
    return 2;
  }
}

/** What the system says about a path, such as a folder that may not be written to. */
function isFileError(reason: unknown): reason is Error {
  return reason instanceof Error && "syscall" in reason && "path" in reason;
}

async function command(flags: Flags, output: Output): Promise<number> {
  if (flags.help) {
    output.out(help);
    return 0;
  }
  const { out } = flags;
  if (out === undefined) throw new UsageError("no --out, the folder for the generated files");
  if (flags.files.length === 0) throw new UsageError("no .proto files to generate from");
  const { files, warnings } = await generateFiles(flags);
  for (const warning of warnings) output.err(`${warning}\n`);
  if (!flags.check) {
    await writeFiles(out, files);
    return 0;
  }
  const different = await differing(out, files);
  for (const { path } of different) output.err(`${join(out, path)} is not what its .proto file generates\n`);
  return different.length === 0 ? 0 : 1;
}

async function generateFiles(flags: Flags): Promise<Generated> {
  const { files, targets } = await compileProto({
    files: flags.files,
    ...(flags.protoPaths.length > 0 ? { protoPaths: flags.protoPaths } : {}),
  });
  return generate({
    files,
    targets,
    ...(flags.importExtension === undefined ? {} : { importExtension: importExtension(flags.importExtension) }),
    ...(flags.core === undefined ? {} : { coreModule: flags.core }),
  });
}

interface Flags {
  readonly out: string | undefined;
  readonly protoPaths: readonly string[];
  readonly importExtension: string | undefined;
  readonly core: string | undefined;
  readonly check: boolean;
  readonly help: boolean;
  readonly files: readonly string[];
}

function readFlags(args: readonly string[]): Flags {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string" },
        proto_path: { type: "string", short: "I", multiple: true },
        import_extension: { type: "string" },
        core: { type: "string" },
        check: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return {
      out: values.out,
      protoPaths: values.proto_path ?? [],
      importExtension: values.import_extension,
      core: values.core,
      check: values.check,
      help: values.help,
      files: positionals,
    };
  } catch (reason) {
    if (!(reason instanceof TypeError)) throw reason;
    throw new UsageError(reason.message);
  }
}
