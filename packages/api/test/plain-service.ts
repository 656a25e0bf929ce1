import { createService, type MessageType, type Service } from "@micro/core";

/** Any JSON value, unchanged; for handlers that are not to be picky. */
export const anything: MessageType = {
  name: "Anything",
  fields: [],
  encode: () => new Uint8Array(0),
  decode: () => ({}),
  toJson: (value) => value,
  fromJson: (json) => json,
};

/** A service in this process that says nothing but what kills it. */
export function plainService(name: string): Service {
  return createService({
    name,
    address: "127.0.0.1:0",
    registry: "memory",
    noticeMs: 0,
    argv: ["--log_level=fatal"],
    env: {},
  });
}
