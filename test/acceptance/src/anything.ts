import type { MessageType } from "@micro/core";

/** Any JSON value, unchanged; for handlers that show what they were asked. */
export const anything: MessageType = {
  name: "Anything",
  fields: [],
  encode: () => new Uint8Array(0),
  decode: () => ({}),
  toJson: (value) => value,
  fromJson: (json) => json,
};
