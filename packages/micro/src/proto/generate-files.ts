import { resolve } from "node:path";
import { ConfigError } from "@micro/core";
import { compileProto, type Generated, generate, type ImportExtension, ProtoError, UsageError } from "protoc-gen-micro";
import { CommandFailure } from "../command.ts";
import { fileOf, type ProtoSources } from "./sources.ts";

export interface GenerateSettings {
  readonly import_extension: ImportExtension;
  readonly core: string;
}

/**
 * The TypeScript of proto files, none of it written yet; its warnings begin with a path from here, line and column. Throws a
 * `CommandFailure` for what is wrong in a proto file, and a `ConfigError` for files that were not asked for as they can be.
 */
export async function generateFiles(sources: ProtoSources, settings: GenerateSettings): Promise<Generated> {
  try {
    const compiled = await compileProto(sources);
    await refuseHidden(compiled.targets, sources);
    const { files, warnings } = generate({
      ...compiled,
      importExtension: settings.import_extension,
      coreModule: settings.core,
    });
    return { files, warnings: await Promise.all(warnings.map((warning) => fromHere(warning, sources))) };
  } catch (reason) {
    if (reason instanceof ProtoError)
      throw new CommandFailure(await fromHere(reason.message, sources), { cause: reason });
    if (reason instanceof UsageError) throw new ConfigError(reason.message, { cause: reason });
    throw reason;
  }
}

/** A file of the same name in an earlier folder would be read in place of the one that was asked for. */
async function refuseHidden(targets: readonly string[], { files, protoPaths }: ProtoSources): Promise<void> {
  for (const [at, name] of targets.entries()) {
    const read = await fileOf(name, protoPaths);
    const asked = files[at];
    if (read !== undefined && asked !== undefined && resolve(read) !== resolve(asked))
      throw new ConfigError(
        `${asked} and ${read} are both imported as ${name}; give --proto_path a folder that is above both of them`,
      );
  }
}

/** The compiler knows files by the names under which they are imported; a person and a terminal know them by their paths. */
async function fromHere(sentence: string, { protoPaths }: ProtoSources): Promise<string> {
  const [, name, rest] = /^(.+?)(:\d+:\d+: .*)$/s.exec(sentence) ?? [];
  const path = name === undefined ? undefined : await fileOf(name, protoPaths);
  return path === undefined ? sentence : `${path}${rest}`;
}
