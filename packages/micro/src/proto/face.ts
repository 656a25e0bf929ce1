import type { Flag } from "@micro/core";
import type { CommandFace } from "../command.ts";

export const protoFlags = [
  {
    name: "out",
    type: "string",
    help: "where the generated files go, in folders like those of the proto files",
    placeholder: "FOLDER",
    default: "src/gen",
  },
  {
    name: "proto_path",
    aliases: ["I"],
    type: "list",
    help: "where imports are found, the first that has the file; proto, the given folders and the current one unless given",
    placeholder: "FOLDER,…",
  },
  { name: "check", type: "boolean", help: "write nothing; exit code 1 when a generated file is not as it would be" },
  { name: "watch", type: "boolean", help: "go on, and generate again when a proto file changes" },
  {
    name: "import_extension",
    type: "string",
    help: "how imports between generated files end",
    placeholder: "EXT",
    choices: ["ts", "js", "none"],
    default: "ts",
  },
  {
    name: "core",
    type: "string",
    help: "what generated code imports",
    placeholder: "MODULE",
    default: "@micro/core",
  },
] as const;

/** What is known of `micro proto` before it is loaded. */
export const protoFace: CommandFace = {
  name: "proto",
  summary: "generate the TypeScript of proto files: clients and handlers get their types from it",
  usage: "[FILE or FOLDER …] [flags]",
  details: [
    "A folder stands for every .proto file in it and below; without one it is the folder proto. Needs no protoc. Imported files are generated too where their types are needed.",
    "Prints the files that it wrote; one that is right already is left alone. What is wrong in a proto file is told as file:line:column, with exit code 1, and then nothing is written.",
  ],
  examples: [
    ["micro proto", "every file below proto/, into src/gen"],
    ["micro proto --check", "in CI: whether the generated code in the repository is that of the proto files"],
    ["micro proto --watch", "while proto files are being written"],
    [
      "micro proto api/user.proto --proto_path=api --proto_path=vendor --out=gen",
      "one file, with imports from elsewhere",
    ],
  ],
  flags: protoFlags as readonly Flag[],
};
