/** How data is shown: as go-micro's tools do, or for programs. */
export const outputFlag = {
  name: "output",
  aliases: ["o"],
  type: "string",
  help: "how to show it",
  placeholder: "FORMAT",
  choices: ["text", "json"],
  default: "text",
} as const;

/** How replies are shown; go-micro's names for the two. */
export const replyFlag = {
  name: "output",
  aliases: ["o"],
  type: "string",
  help: "how to show a reply: JSON indented, or its bytes as they came",
  env: "MICRO_OUTPUT",
  placeholder: "FORMAT",
  choices: ["json", "raw"],
  default: "json",
} as const;

export const metadataFlag = {
  name: "metadata",
  type: "pairs",
  help: "a header to send along; once for each",
  env: "MICRO_METADATA",
} as const;

export const addressFlag = {
  name: "address",
  type: "list",
  help: "nodes to ask, in place of those in the registry; they must speak gRPC",
  env: "MICRO_ADDRESS",
  placeholder: "HOST:PORT,…",
} as const;

export const queueFlag = {
  name: "queue",
  type: "string",
  help: "share the messages with the other subscribers of this queue",
  placeholder: "NAME",
} as const;

export const countFlag = {
  name: "count",
  aliases: ["n"],
  type: "int",
  help: "end after so many",
  min: 1,
} as const;

export const ttlFlag = {
  name: "ttl",
  type: "duration",
  help: "how long it stays unless registered again; for ever unless given",
  min: 1_000,
} as const;

export const checkServiceFlag = {
  name: "check_service",
  type: "string",
  help: "answer GET /health with how this service is at --check_address, for probes of containers",
  env: "MICRO_HEALTH_CHECK_SERVICE",
  placeholder: "NAME",
} as const;

export const checkAddressFlag = {
  name: "check_address",
  type: "string",
  help: "the node that is asked; it must speak gRPC",
  env: "MICRO_HEALTH_CHECK_ADDRESS",
  placeholder: "HOST:PORT",
} as const;

export const healthAddressFlag = {
  name: "health_address",
  type: "string",
  help: "where GET /health is answered; --address does as well",
  env: "MICRO_HEALTH_ADDRESS",
  placeholder: "HOST:PORT",
  default: ":8088",
} as const;
