import type { MessageSchema } from "./schema.ts";

/** How a message is spelled in JSON, and what is needed on the way. */
export interface JsonStyle {
  /** Keys as written in the proto file instead of lowerCamelCase. */
  readonly protoNames: boolean;
  /** Go's `encoding/json`: 64-bit integers and enums as numbers. */
  readonly structTags: boolean;
  /** The message that a `google.protobuf.Any` holds. */
  readonly find: (name: string) => MessageSchema | undefined;
}
