import type { Flag } from "@micro/core";
import type { CommandFace } from "../command.ts";

export const newFlags = [
  {
    name: "type",
    type: "string",
    help: "what it is to be; srv and fnc are older words for the first two",
    placeholder: "TYPE",
    choices: ["service", "function", "api", "web", "srv", "fnc"],
    default: "service",
  },
  {
    name: "namespace",
    type: "string",
    help: "what its name in the registry begins with",
    placeholder: "NAME",
    default: "go.micro",
  },
  {
    name: "fqdn",
    type: "string",
    help: "its whole name in the registry; NAMESPACE.TYPE.ALIAS unless given",
    placeholder: "NAME",
  },
  {
    name: "alias",
    type: "string",
    help: "its short name in files and code; the folder's name unless given",
    placeholder: "NAME",
  },
  { name: "gopath", type: "string", help: "folder of Go projects", ignored: true },
  { name: "plugin", type: "list", help: "Go plugins", ignored: true },
] as const;

/** What is known of `micro new` before it is loaded. */
export const newFace: CommandFace = {
  name: "new",
  summary: "begin a service, a function, an API or a web application in a folder of its own",
  usage: "FOLDER [flags]",
  details: [
    "The project is TypeScript; it installs, builds, tests and runs as it stands. A folder that exists is left as it is.",
  ],
  examples: [
    [
      "micro new greeter",
      "the service go.micro.service.greeter, with a proto file, a handler, a subscriber and a test",
    ],
    ["micro new greeter-api --type=api --alias=greeter", "an API for the gateway that asks that service"],
    ["micro new shop/basket --namespace=com.acme", "the service com.acme.service.basket in shop/basket"],
  ],
  flags: newFlags as readonly Flag[],
  arguments: ["directory"],
};
