import type { FramingTable } from "../codec/rpc/framings.ts";
import type { Dispatcher, Protocol, ServeOptions } from "../protocol/protocol.ts";
import { httpTransport } from "../transport/http/http.ts";
import type { Transport } from "../transport/transport.ts";
import { mucpConnection } from "./connection.ts";
import { safeWireTypes, type WireTypeNames } from "./content-types.ts";
import type { MucpEventHandler } from "./events.ts";
import { type MucpServer, mucpServer } from "./server.ts";

export interface MucpOptions {
  /** Moves the messages. @default httpTransport() */
  transport?: Transport;
  /** Further content types, or others than go-micro's under its names. @default none */
  framings?: FramingTable;
  /**
   * What travels for what a caller asks for, such as another content type for the same bytes; undefined leaves it as it is.
   * @default safeWireTypes, since servers of go-micro lose errors under `application/protobuf`
   */
  wireTypes?: WireTypeNames;
  /** Takes events that come as messages. @default what the server's `onEvent` says; without one they are answered with an error, 501 */
  onEvent?: MucpEventHandler;
  /** How long a client keeps a connection between calls, in milliseconds. @default 60000 */
  idleMs?: number;
  /** How many connections to one address a client keeps between calls. @default 100 */
  maxIdle?: number;
  /** How long a server keeps a connection without a call, in milliseconds. @default 300000 */
  serverIdleMs?: number;
}

/** mucp over some transport. */
export interface MucpProtocol extends Protocol {
  /** The transport's name, for the node's metadata. */
  readonly transport: string;
  serve(dispatcher: Dispatcher, options?: ServeOptions): MucpServer;
}

/** go-micro's own protocol: calls and streams as messages with headers. */
export function mucpProtocol(options: MucpOptions = {}): MucpProtocol {
  return make("mucp", false, options);
}

/**
 * The same towards nodes that do not say what they speak, as those of go-micro v0 and v1 do: JSON and protobuf travel
 * in the envelopes that they know. Serves no differently.
 */
export function legacyMucpProtocol(options: MucpOptions = {}): MucpProtocol {
  return make("legacy-mucp", true, options);
}

// Their JSON-RPC reads values by Go's plain JSON: 64-bit integers and enums are numbers.
const legacyBodyTypes = { "application/json": "application/json-rpc" };

function make(
  name: string,
  legacy: boolean,
  {
    transport = httpTransport(),
    framings = {},
    wireTypes = safeWireTypes,
    onEvent,
    idleMs = 60_000,
    maxIdle = 100,
    serverIdleMs = 300_000,
  }: MucpOptions,
): MucpProtocol {
  return {
    name,
    transport: transport.name,
    ...(legacy && { bodyTypes: legacyBodyTypes }),
    listensItself: transport.shared === undefined,
    connect: (address, options) =>
      mucpConnection(transport, address, { wireTypes, legacy, framings, idleMs, maxIdle }, options),
    serve: (dispatcher, options) => mucpServer(transport, dispatcher, { framings, onEvent, serverIdleMs }, options),
  };
}

/** mucp over the http transport, as go-micro speaks it by default. */
export const mucp: MucpProtocol = mucpProtocol();

/** What to speak with a node that does not say. */
export const legacyMucp: MucpProtocol = legacyMucpProtocol();
