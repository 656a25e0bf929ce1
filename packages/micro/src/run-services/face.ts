import type { Flag } from "@micro/core";
import type { CommandFace } from "../command.ts";

export const runFlags = [
  {
    name: "only",
    type: "list",
    help: "run these and no others, by the names of their packages",
    placeholder: "NAME,…",
  },
  {
    name: "watch",
    type: "list",
    help: "folders besides their own whose changes start all of them again",
    placeholder: "FOLDER,…",
  },
  { name: "reload", type: "boolean", help: "start a service again when one of its files changes", default: true },
  {
    name: "build",
    type: "boolean",
    help: "run the script build, where there is one, before each start",
    default: true,
  },
  {
    name: "stop_timeout",
    type: "duration",
    help: "how long a service may take to stop before it is killed",
    default: 10_000,
    min: 1,
  },
] as const;

/** What is known of `micro run` before it is loaded. */
export const runFace: CommandFace = {
  name: "run",
  summary: "run the services of a workspace, each started again when its files change",
  usage: "[FOLDER …] [flags] [-- FLAGS OF THE SERVICES]",
  details: [
    "A folder is a project whose package.json has a script start, a workspace of npm or pnpm with such projects in it, or a folder of them; without one it is the current folder. Each line that a service writes begins with its name.",
    "A change runs the script build and then starts the service anew; while a build fails the old one goes on. One that crashes is started again after 1 s, then 2, 4 … 30 s. One that ends with exit code 0 is done; 2 is a mistake in its flags, and waits for a change.",
    "Ctrl-C asks all of them to stop and waits; a second one kills them.",
    "Flags for services that stand among those of this command reach each of them as environment variables.",
  ],
  examples: [
    ["micro run services", "every service below services/"],
    ["micro run . --only=user-srv,user-api", "two of a workspace"],
    ["micro run . --registry=etcd --registry_address=127.0.0.1:2379", "all of them, in etcd"],
    ["micro run greeter -- --server_address=:9000", "with a flag for the service alone"],
  ],
  flags: runFlags as readonly Flag[],
  arguments: ["directory"],
};
