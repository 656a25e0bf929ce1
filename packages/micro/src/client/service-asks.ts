// What calls services or carries messages, with all that it takes, in one piece; looking into the registry does without.
export { openBroker } from "../session/open-broker.ts";
export { openClient } from "../session/open-client.ts";
export { call } from "./call.ts";
export { health } from "./health.ts";
export { publish } from "./publish.ts";
export { stats } from "./stats.ts";
export { stream } from "./stream.ts";
export { subscribe } from "./subscribe.ts";
