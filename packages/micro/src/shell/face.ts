import type { CommandFace } from "../command.ts";

/** What is known of the shell before it is loaded. */
export const shellFace: CommandFace = {
  name: "cli",
  summary: "type these commands one after another, with completion and history",
  usage: "[flags]",
  details: [
    "Tab completes commands, flags, services and endpoints; the arrow keys bring back earlier lines, also of earlier runs; Ctrl-C ends what runs, Ctrl-D the shell.",
    'JSON is typed without quotes: call go.micro.srv.user User.Get {"name": "ann"}',
    "Lines are kept in ~/.local/state/micro/history, which only you can read, or where MICRO_HISTORY says; set to nothing, it keeps none. Lines from a pipe run without a prompt, and the exit code is 1 when one of them failed.",
  ],
};
