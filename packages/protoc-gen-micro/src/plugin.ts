import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponse_FileSchema,
  CodeGeneratorResponseSchema,
  Edition,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { ProtoError } from "./diagnostics.ts";
import type { ImportExtension } from "./emit/module.ts";
import { type Generated, generate } from "./generate.ts";
import { UsageError } from "./proto/compile.ts";

/** Answers one request of protoc or buf, bytes to bytes; `warn` gets sentences for people. */
export function runPlugin(request: Uint8Array, warn: (sentence: string) => void): Uint8Array {
  return toBinary(CodeGeneratorResponseSchema, answer(fromBinary(CodeGeneratorRequestSchema, request), warn));
}

/** What protoc shows when it is wrong in a .proto file goes into the answer; anything else is thrown. */
function answer(request: CodeGeneratorRequest, warn: (sentence: string) => void): CodeGeneratorResponse {
  const response = create(CodeGeneratorResponseSchema, {
    supportedFeatures: BigInt(
      CodeGeneratorResponse_Feature.PROTO3_OPTIONAL | CodeGeneratorResponse_Feature.SUPPORTS_EDITIONS,
    ),
    minimumEdition: Edition.EDITION_PROTO2,
    // What comes after changes which names a file shows to others, and nothing on the wire.
    maximumEdition: Edition.EDITION_2024,
  });
  try {
    const { files, warnings } = generateFor(request);
    warnings.forEach(warn);
    response.file = files.map(({ path, content }) => create(CodeGeneratorResponse_FileSchema, { name: path, content }));
  } catch (reason) {
    if (!(reason instanceof ProtoError || reason instanceof UsageError)) throw reason;
    response.error = reason.message;
  }
  return response;
}

function generateFor(request: CodeGeneratorRequest): Generated {
  const files: readonly FileDescriptorProto[] = request.protoFile;
  // What else is to be generated is for protoc's user to say, but nobody thinks of google/protobuf/timestamp.proto.
  return generate({
    files,
    targets: request.fileToGenerate,
    imports: "well-known",
    ...pluginOptions(request.parameter),
  });
}

interface PluginOptions {
  importExtension?: ImportExtension;
  coreModule?: string;
}

/** Reads `import_extension=js,core=@micro/core`, what protoc has behind `--micro_opt`. */
export function pluginOptions(parameter: string): PluginOptions {
  const options: PluginOptions = {};
  for (const part of parameter.split(",").filter((text) => text !== "")) {
    const [name, value = ""] = part.split(/=(.*)/s);
    if (name === "import_extension") options.importExtension = importExtension(value);
    else if (name === "core" && value !== "") options.coreModule = value;
    else throw new UsageError(`unknown option ${part}, expected import_extension=ts|js|none or core=<module>`);
  }
  return options;
}

/** Checks the value of the option or flag of that name. */
export function importExtension(value: string): ImportExtension {
  if (value === "ts" || value === "js" || value === "none") return value;
  throw new UsageError(`found the import extension ${JSON.stringify(value)}, expected ts, js or none`);
}
