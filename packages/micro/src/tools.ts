// Commands that people start now and then, in one piece: a bundle in few pieces starts faster than one in many.
export { runCompletion } from "./completion/run-completion.ts";
export { runNew } from "./new/run-new.ts";
export { runHelp } from "./run-help.ts";
export { runServices } from "./run-services/run-services.ts";
export { runShell } from "./shell/run-shell.ts";
