// Alone in its file so that a bundle can leave it out of what other registries load.
export { mdns } from "@micro/core";
