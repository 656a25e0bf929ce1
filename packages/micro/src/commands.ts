import { clientCommands, registryCommands } from "./client/commands.ts";
import type { Command, CommandGroup } from "./command.ts";
import { newFace } from "./new/face.ts";
import { protoFace } from "./proto/face.ts";
import { runFace } from "./run-services/face.ts";
import { shellFace } from "./shell/face.ts";

/** Everything that `micro` can do. */
export const commands: readonly (Command | CommandGroup)[] = [
  ...clientCommands,
  registryCommands,
  { ...shellFace, load: async () => (await import("./tools.ts")).runShell },
  {
    name: "api",
    summary: "run the API gateway: HTTP requests in, calls of services out",
    globalFlags: [
      {
        name: "api_address",
        type: "string",
        help: "--address of micro api",
        placeholder: "HOST:PORT",
        group: "Commands' own",
      },
      {
        name: "api_handler",
        type: "string",
        help: "--handler of micro api",
        placeholder: "NAME",
        group: "Commands' own",
      },
      {
        name: "api_namespace",
        type: "string",
        help: "--namespace of micro api",
        placeholder: "NAME",
        group: "Commands' own",
      },
    ],
    load: async () => (await import("./api/run-api.ts")).runApi,
  },
  { ...runFace, load: async () => (await import("./tools.ts")).runServices },
  { ...newFace, load: async () => (await import("./tools.ts")).runNew },
  // Alone, since it brings a compiler along.
  { ...protoFace, load: async () => (await import("./proto/run-proto.ts")).runProto },
  {
    name: "completion",
    summary: "print a script that lets a shell complete commands, flags, services and endpoints",
    usage: "bash | zsh | fish",
    examples: [
      ["source <(micro completion bash)", "in ~/.bashrc"],
      ["source <(micro completion zsh)", "in ~/.zshrc, after compinit"],
      ["micro completion fish | source", "in ~/.config/fish/config.fish"],
    ],
    arguments: [["bash", "zsh", "fish"]],
    load: async () => (await import("./tools.ts")).runCompletion,
  },
  {
    name: "help",
    summary: "show the help of a command",
    usage: "[COMMAND]",
    arguments: ["command"],
    load: async () => (await import("./tools.ts")).runHelp,
  },
];
