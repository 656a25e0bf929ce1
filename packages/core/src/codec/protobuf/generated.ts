// What generated code inside core imports where other packages' imports `@micro/core`.
export type { MessageType, MethodDescription, ServiceDescription } from "../../words/description.ts";
export { loadMessages } from "./messages.ts";
