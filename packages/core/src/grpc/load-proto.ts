import type { Options } from "@grpc/proto-loader";
import { loadServices } from "../codec/protobuf/services.ts";
import type { ServiceDescription } from "../words/description.ts";
import { ConfigError } from "../words/plugin.ts";

/**
 * The services of a `.proto` file, read while the program runs, by full name (`user.User`): for programs that learn
 * only then what they call. Where the file is known before, `protoc-gen-micro` gives the same with types.
 *
 * `includeDirs` are the folders in which the file and its imports are looked for. Rejects with a `ConfigError` that
 * names the file when it cannot be read or is no proto file.
 */
export async function loadProto(
  path: string,
  { includeDirs }: Pick<Options, "includeDirs"> = {},
): Promise<Map<string, ServiceDescription>> {
  const { load } = await import("@grpc/proto-loader"); // 20 ms that only its users pay
  const definitions = await load(path, includeDirs ? { includeDirs } : {}).catch((reason: unknown) => {
    throw new ConfigError(`${path}: ${reason instanceof Error ? reason.message : reason}`, { cause: reason });
  });
  // Every message carries the same set of files, its own and all imports.
  const message = Object.values(definitions).find((definition) => "fileDescriptorProtos" in definition);
  return loadServices(fileSet(message?.fileDescriptorProtos as Buffer[] | undefined));
}

/** `google.protobuf.FileDescriptorSet` {1 file} of encoded files. */
function fileSet(files: readonly Buffer[] = []): Uint8Array {
  return Buffer.concat(files.flatMap((file) => [Buffer.of(0x0a), varint(file.length), file]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
