import { Buffer } from "node:buffer";
import { type Client, type Metadata, metadata } from "@micro/core";

/** What is called, and how. */
export interface CallRequest {
  readonly service: string;
  /** `Say.Hello`. */
  readonly endpoint: string;
  /** Headers of the call. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Calls these `host:port`, in turn, and asks no registry. They must speak gRPC. */
  readonly addresses?: readonly string[];
  /** How long the call may take, in milliseconds. @default the client's; a stream may take for ever */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls an endpoint with a JSON text and gives the reply's bytes as they came: JSON, unless the other side answers
 * otherwise. Nothing is decoded on the way, so no digit of a big number is lost. Rejects with what the client says.
 */
export async function callEndpoint(client: Client, call: CallRequest, json: string): Promise<Uint8Array> {
  const { service, endpoint } = call;
  const prepared = client.prepare<Uint8Array, Uint8Array>({ service, endpoint, contentType, raw: true });
  return prepared(Buffer.from(json), optionsOf(call));
}

/** The same for endpoints that stream: sends each text, ends that side, and yields the replies. Leaving it cancels the call. */
export function streamEndpoint(
  client: Client,
  call: CallRequest,
  json: AsyncIterable<string> | Iterable<string>,
): AsyncIterable<Uint8Array> {
  const { service, endpoint } = call;
  const prepared = client.prepareStream<Uint8Array, Uint8Array>({ service, endpoint, contentType, raw: true });
  return prepared(inBytes(json), optionsOf(call));
}

// What go-micro's own tools call with; every server of it reads and writes JSON.
const contentType = "application/json";

async function* inBytes(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const text of texts) yield Buffer.from(text);
}

interface Options {
  metadata?: Metadata;
  address?: readonly string[];
  timeoutMs?: number;
  signal?: AbortSignal;
}

function optionsOf(call: CallRequest): Options {
  return {
    ...(call.metadata && { metadata: metadata(call.metadata) }),
    ...(call.addresses && call.addresses.length > 0 && { address: call.addresses }),
    ...(call.timeoutMs !== undefined && { timeoutMs: call.timeoutMs }),
    ...(call.signal && { signal: call.signal }),
  };
}
