/** The scalar types of a proto file. */
export type ScalarType =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** One message of a proto file, with its references resolved. */
export interface MessageSchema {
  /** Full name, `user.Request`. */
  readonly name: string;
  /** The name without the proto package, `Outer.Inner`. */
  readonly localName?: string;
  /** In the order of the proto file. Groups are left out: they are read over and never written. */
  readonly fields: readonly FieldSchema[];
}

/** One field, or the key or value of a map. */
export interface FieldSchema {
  /** As written in the proto file. */
  readonly name: string;
  /** The key in the decoded object and in proto3 JSON, `userName` of `user_name`. */
  readonly key: string;
  readonly number: number;
  readonly type: ScalarType | "message" | "enum";
  /** Being set differs from being zero. */
  readonly presence: boolean;
  readonly required: boolean;
  /** A list. Maps are not. */
  readonly repeated: boolean;
  readonly packed: boolean;
  /** Set when the type is `message`. */
  readonly message: MessageSchema | undefined;
  /** Set when the type is `enum`. */
  readonly enumeration: EnumSchema | undefined;
  /** Set when the field is a map; `type` is then the type of the values. */
  readonly mapKey: ScalarType | undefined;
  /** The members of the oneof that the field belongs to, itself among them. */
  readonly oneof: readonly FieldSchema[] | undefined;
  readonly oneofName?: string;
}

/** One enum. Every number is allowed, named or not. */
export interface EnumSchema {
  readonly name: string;
  /** The name without the proto package, `Outer.Kind`. */
  readonly localName?: string;
  /** The first name of each number. */
  readonly names: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<string, number>;
}

/** A message as it is in memory. */
export type Fields = Record<string, unknown>;

/** Whether a value can be a message: an object, and not one of the objects that other fields take. */
export function isMessage(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Sets a key that somebody else chose: `__proto__` is a key like any other. */
export function setEntry(map: Fields, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  else map[key] = value;
}

/** The name that protoc gives a field in JSON unless the proto file says another: `userName` of `user_name`. */
export function camelCase(protoName: string): string {
  return protoName.replace(/_+([^_])?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
}

/** The value of a field without presence that is not on the wire. Lists and maps are made anew for each message. */
export function zeroValue(field: FieldSchema): unknown {
  switch (field.type) {
    case "string":
      return "";
    case "bool":
      return false;
    case "bytes":
      return noBytes;
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return 0n;
    case "message":
      return undefined;
    default:
      return 0;
  }
}

// Nothing can be written into an empty array, so all messages may share it.
const noBytes = new Uint8Array(0);
