import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { Metadata, MicroError } from "@micro/core";
import type { Route } from "./resolvers/resolver.ts";

/** An HTTP request as the translations see it: read completely, its path made clean. */
export interface HttpRequest {
  /** In upper case, as received. */
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  /** Decoded and clean, see `cleanPath`. */
  readonly path: string;
  /** What follows the `?`, not decoded; empty without one. */
  readonly query: string;
  /** Names in lower case; several values of one header joined as Node does it. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** The address of the peer without its port; empty when it has gone already. */
  readonly remoteAddress: string;
  /** Empty when there is none. */
  readonly body: Uint8Array;
  /** The request's own name, given by the caller in `x-request-id` or made by the gateway. */
  readonly id?: string;
  /** `https` over TLS. @default "http" */
  readonly scheme?: "http" | "https";
  /** The peer may say for whom it speaks: its `x-forwarded-host` and `x-forwarded-proto` are believed. @default false */
  readonly fromProxy?: boolean;
  /** What the gateway itself says to the service, over whatever the caller said; keys in lower case. */
  readonly trusted?: Metadata | undefined;
}

/**
 * A request on its way through the gateway: its head, the way to its body, and what was found out about it so far.
 * Stages may change what is not readonly.
 */
export interface GatewayRequest extends HttpRequest {
  readonly id: string;
  /** What Node has; its body is unread until `readBody` or a handler that streams takes it. */
  readonly raw: IncomingMessage;
  /** Empty until `readBody`. */
  body: Uint8Array;
  fromProxy: boolean;
  trusted: Metadata | undefined;
  /** Where the request goes; set by routing, so that stages read it after `next()`. */
  route: Route | undefined;
  /** The connection of a request that wants to become a WebSocket. */
  readonly upgrade: Upgrade | undefined;
  /** Aborted when the peer has gone. */
  readonly signal: AbortSignal;
  /** Aborted when the gateway begins to close: what has no end of its own should come to one. */
  readonly closing: AbortSignal;
  /** Reads the whole body into `body`, once. Rejects with 413 beyond the gateway's limit and 503 when its memory is full. */
  readBody(): void | Promise<void>;
}

/** A connection whose request asked for another protocol. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What was sent after the request already. */
  readonly head: Buffer;
}

/** What goes back. A header with several values is there several times. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** A stream is sent as it comes, and destroyed when the peer goes. */
  readonly body: string | Uint8Array | Readable;
  /** What the answer tells of, when it tells of a failure. */
  readonly error?: MicroError;
  /** The connection was taken over and nothing is left to be written, as after a WebSocket's handshake. */
  readonly taken?: true;
}

/** The answer with further header lines. */
export function withHeaders(answer: HttpAnswer, ...more: (readonly [name: string, value: string])[]): HttpAnswer {
  return { ...answer, headers: [...answer.headers, ...more] };
}

/** The first value of a header; undefined when it is absent or empty. `name` in lower case. */
export function headerOf({ headers }: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === "string" ? value : value?.[0]) || undefined;
}
