import type { Framing } from "./framing.ts";
import { grpcFraming, grpcJsonFraming } from "./grpc-frame.ts";
import { jsonRpcFraming } from "./json-rpc.ts";
import { bytesFraming, jsonFraming, protobufFraming } from "./plain.ts";
import { protoRpcFraming } from "./proto-rpc.ts";

/** A framing for each content type, in lower case and without parameters. */
export type FramingTable = Readonly<Record<string, Framing>>;

/** What content types stand for between peers that send mucp's headers. */
export const modernFramings: FramingTable = {
  "application/json": jsonFraming,
  "application/protobuf": protobufFraming,
  "application/json-rpc": jsonRpcFraming,
  "application/proto-rpc": protoRpcFraming,
  "application/octet-stream": bytesFraming,
  "application/grpc": grpcFraming,
  "application/grpc+proto": grpcFraming,
  "application/grpc+json": grpcJsonFraming,
};

/** What they stand for where a peer does not, and the message itself must say what it is. */
export const legacyFramings: FramingTable = {
  "application/json": jsonRpcFraming,
  "application/json-rpc": jsonRpcFraming,
  "application/protobuf": protoRpcFraming,
  "application/proto-rpc": protoRpcFraming,
  "application/octet-stream": protoRpcFraming,
};

/** Where to look for a content type. */
export interface FramingOptions {
  /** The peer speaks without mucp's headers. @default false */
  legacy?: boolean;
  /** The program's own; they go before the modern ones, and after the legacy ones, as in go-micro. @default none */
  own?: FramingTable;
}

/**
 * The framing that a content type stands for; `undefined` when there is none. Case and parameters do not matter.
 *
 * What the legacy table does not have is looked up as if the peer were modern, which is what go-micro does.
 */
export function framingFor(
  contentType: string,
  { legacy = false, own = {} }: FramingOptions = {},
): Framing | undefined {
  const type = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  const tables = legacy ? [legacyFramings, own, modernFramings] : [own, modernFramings];
  return tables.find((table) => Object.hasOwn(table, type))?.[type];
}
