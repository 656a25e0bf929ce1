/**
 * One kind of message: how its values become bytes and JSON, and what fields it has.
 *
 * `T` is the shape that `decode` gives: a plain object on which every field without presence is set, 64-bit integers
 * are `bigint`, bytes are `Uint8Array`, enums are numbers. `encode` takes the same shape with any part left out.
 */
export interface MessageType<T = unknown> {
  /** Full name in the proto file, `user.Request`. */
  readonly name: string;
  /** The name without the proto package, `Request`, or `Outer.Inner` of a message within another. @default the last part of `name` */
  readonly localName?: string;
  readonly fields: readonly FieldDescription[];
  /** Throws a `TypeError` that names the field when a value does not fit. */
  encode(value: Init<T>): Uint8Array;
  /** Throws when the bytes are not this message. */
  decode(bytes: Uint8Array): T;
  /** As `decode`, of bytes that nobody will write to any more: fields that are bytes may be views of them. */
  decodeOwned?(bytes: Uint8Array): T;
  /** What `decode` gives of the bytes of `encode`, without making them; for calls within a process. Throws as they do. */
  copy?(value: Init<T>): T;
  /** Proto3 JSON; `names` chooses `json` (lowerCamelCase) or `proto` (as written in the proto file) for keys. */
  toJson(value: Init<T>, options?: JsonOptions): unknown;
  /** Accepts both spellings of each key. Throws on a value that does not fit, and on an unknown key unless told to ignore it, naming it. */
  fromJson(json: unknown, options?: FromJsonOptions): T;
}

export interface JsonOptions {
  names?: "json" | "proto";
  /** Go's `encoding/json` of the generated struct instead of proto3 JSON: 64-bit integers and enums as numbers. */
  structTags?: boolean;
}

export interface FromJsonOptions {
  /** What becomes of keys that the message has no field for, at any depth. @default "refuse" */
  unknownFields?: "ignore" | "refuse";
}

export interface FieldDescription {
  /** As written in the proto file. */
  readonly name: string;
  /** The key in the decoded object, `userName` of `user_name`. @default the name in lowerCamelCase */
  readonly key?: string;
  /** `string`, `int64`, `bytes`, …, or `message`, `enum`. */
  readonly type: string;
  /** The message's or enum's type, looked up when asked, since messages may contain themselves. */
  readonly message?: () => MessageType;
  /** The enum's name without the proto package, where the type is `enum`. */
  readonly enumName?: string;
  /** The oneof that the field belongs to. */
  readonly oneof?: string;
  readonly repeated?: boolean;
  /** The key's type when the field is a map. */
  readonly mapKey?: string;
}

/** What may be given where `T` is expected: any field left out, at every depth. */
export type Init<T> = T extends Uint8Array | bigint | string | number | boolean | undefined | null
  ? T
  : T extends readonly (infer E)[]
    ? readonly Init<E>[]
    : { readonly [K in keyof T]?: Init<T[K]> | undefined };

export type MethodKind = "unary" | "server-stream" | "client-stream" | "duplex";

/** One callable method. */
export interface MethodDescription<K extends MethodKind = MethodKind, Request = unknown, Response = unknown> {
  readonly kind: K;
  /** As written in the proto file, `QueryUserByName`. */
  readonly name: string;
  readonly request: MessageType<Request>;
  readonly response: MessageType<Response>;
  /** The proto file says `idempotency_level`: a call that may have run may be tried again. @default false */
  readonly idempotent?: boolean;
  /** What the registry says about the endpoint besides `stream`: `method`, `path`, `handler`, … */
  readonly metadata?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: stands for every request and response type, which `unknown` cannot (it is used in both directions)
export type AnyMethod = MethodDescription<MethodKind, any, any>;
export type Methods = Readonly<Record<string, AnyMethod>>;

/** A service of a proto file; `methods` by their name in lowerCamelCase. Made by `protoc-gen-micro`. */
export interface ServiceDescription<M extends Methods = Methods> {
  /** Short name, `User`: what go-micro calls the handler. */
  readonly name: string;
  /** With the proto package, `go.micro.srv.user.User`: what plain gRPC calls the service. */
  readonly fullName: string;
  readonly methods: M;
  /** The proto file and its imports as bytes of a `google.protobuf.FileDescriptorSet`, made when asked. */
  readonly files?: () => Uint8Array;
}

/** The endpoint's name in the registry and on the wire, `User.QueryUserByName`. */
export function endpointName(service: ServiceDescription, method: AnyMethod): string {
  return `${service.name}.${method.name}`;
}
