import type { MessageSchema } from "./schema.ts";

/** How a message is spelled in JSON, how it is read, and what is needed on the way. */
export interface JsonStyle {
  /** Keys as written in the proto file instead of lowerCamelCase. */
  readonly protoNames: boolean;
  /** Go's `encoding/json`: 64-bit integers and enums as numbers. */
  readonly structTags: boolean;
  /** Keys without a field are passed over in reading. */
  readonly ignoreUnknown: boolean;
  /** The message that a `google.protobuf.Any` holds. */
  readonly find: (name: string) => MessageSchema | undefined;
}
