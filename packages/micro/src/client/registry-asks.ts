// What asks the registry alone, in one piece: loading one small file is faster than loading several.
export { clientCommand } from "./client-command.ts";
export { get } from "./get.ts";
export { list } from "./list.ts";
export { deregister, register } from "./registration.ts";
