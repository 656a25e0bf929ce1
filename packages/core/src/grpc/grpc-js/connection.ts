import {
  Channel,
  ChannelCredentials,
  compressionAlgorithms,
  connectivityState,
  type Metadata,
  type StatusObject,
} from "@grpc/grpc-js";
import type {
  CallTarget,
  ClientKeepalive,
  Compression,
  Connection,
  ConnectOptions,
  OutgoingCall,
} from "../../protocol/protocol.ts";
import { MicroError } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import type { Metadata as Headers } from "../../words/metadata.ts";
import { wireContentType } from "../content-type.ts";
import {
  callCancelled,
  connectionClosed,
  deadlineExceeded,
  lostConnection,
  serverFailure,
  unsupportedContentType,
} from "../failures.ts";
import { pathOf } from "../path.ts";
import { grpcStatus } from "../status.ts";
import { clientStream } from "./client-stream.ts";
import { callMetadata, receivedMetadata } from "./headers.ts";
import { sendContext } from "./send-context.ts";

const defaults = { maxMessageBytes: 4 * 1024 * 1024, dialTimeoutMs: 1_000, compression: "identity" } as const;

/** A connection to one gRPC server on grpc-js. Dials on the first call, and afresh on the first call after it was lost. */
export function grpcJsConnection(address: string, options: ConnectOptions = {}): Connection {
  const { dialTimeoutMs, maxMessageBytes, compression, tls } = { ...defaults, ...options, tls: options.tls };
  const settings = { ...channelOptions(maxMessageBytes, tls), ...keepaliveOptions(options.keepalive) };
  const credentials = credentialsFor(options);
  // A channel compresses or does not, hence others for calls that want it otherwise than most.
  const channels: Record<Compression, Channel[]> = { identity: [], gzip: [] };
  let turn = 0;
  let inFlight = 0;
  let closed = false;

  function channel(call: OutgoingCall): Channel {
    const encoding = call.compression ?? compression;
    // A second connection pays once several calls are under way: its share of the parsing runs beside the first one's.
    const wanted = inFlight > callsForSecondConnection ? 2 : 1;
    const index = turn++ % wanted;
    let found = channels[encoding][index];
    if (!found) {
      found = new Channel(targetOf(address), credentials, { ...settings, ...compressionOptions[encoding] });
      channels[encoding][index] = found;
    }
    return found;
  }

  /** grpc-js waits out its own back-off before it dials again; whether to try a node is the selector's decision, so dial at once. */
  function dropChannels(): void {
    for (const some of Object.values(channels)) for (const each of some.splice(0)) each?.close();
  }

  /** Gives up on a call whose connection does not stand in time: an address that has vanished refuses nothing. */
  function limitDial(used: Channel, wire: Wire): (() => void) | undefined {
    if (used.getConnectivityState(true) === connectivityState.READY) return undefined;
    const timer = setTimeout(() => {
      if (used.getConnectivityState(false) === connectivityState.READY) return;
      wire.cancelWithStatus(grpcStatus.unavailable, `${noConnection} within ${dialTimeoutMs} ms`);
    }, dialTimeoutMs);
    return () => clearTimeout(timer);
  }

  function failed(used: Channel, status: StatusObject, target: CallTarget): MicroError {
    if (neverConnected(status) && Object.values(channels).some((some) => some.includes(used))) dropChannels();
    return failure(status, address, target);
  }

  function unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(connectionClosed(address));
      if (call.signal?.aborted) return reject(callCancelled());
      const { path, headers } = wireOf(call);
      const used = channel(call);
      const wire = used.createCall(path, call.deadline, null, null, null);
      let reply: Uint8Array | undefined;
      const onAbort = call.signal && ((): void => wire.cancelWithStatus(grpcStatus.cancelled, "call cancelled"));
      const dialed = limitDial(used, wire);
      inFlight++;
      wire.start(headers, {
        onReceiveMetadata: headersTo(call),
        onReceiveMessage(message: Uint8Array) {
          reply = message;
        },
        onReceiveStatus(status) {
          inFlight--;
          dialed?.();
          if (onAbort) call.signal?.removeEventListener("abort", onAbort);
          tellTrailers(call, status.metadata);
          if (status.code === grpcStatus.ok && reply) return resolve(reply);
          if (status.code === grpcStatus.ok) {
            return reject(new MicroError("go.micro.client", 500, `${address} answered ${path} without a message`));
          }
          reject(failed(used, status, call.target));
        },
      });
      if (onAbort) call.signal?.addEventListener("abort", onAbort, { once: true });
      wire.sendMessageWithContext(sendContext(body), asBuffer(body));
      wire.halfClose();
      wire.startRead();
    });
  }

  function stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    const { path, headers } = wireOf(call);
    let used: Channel | undefined;
    let dialed: (() => void) | undefined;
    return clientStream(
      {
        headers,
        signal: call.signal,
        onHeaders: headersTo(call),
        onTrailers: (trailers) => tellTrailers(call, trailers),
        open() {
          if (closed) throw connectionClosed(address);
          inFlight++;
          used = channel(call);
          const wire = used.createCall(path, call.deadline, null, null, null);
          dialed = limitDial(used, wire);
          return wire;
        },
        failure: (status) => failed(used as Channel, status, call.target),
        ended() {
          dialed?.();
          if (used) inFlight--;
        },
      },
      messages,
    );
  }

  const close = closeOnce(() => {
    closed = true;
    dropChannels();
  });
  return {
    unary,
    stream: (call, messages) => ({ [Symbol.asyncIterator]: () => stream(call, messages) }),
    ...closeable(close),
  };
}

type Wire = ReturnType<Channel["createCall"]>;

const callsForSecondConnection = 8;

interface WireCall {
  readonly path: string;
  readonly metadata: Headers;
  readonly timeoutMs: number | undefined;
  readonly headers: Metadata;
}

// Most calls of an endpoint carry the same metadata object and timeout, so the last conversion is kept.
const lastOf = new WeakMap<CallTarget, WireCall>();

function wireOf({ target, metadata, timeoutMs }: OutgoingCall): WireCall {
  const last = lastOf.get(target);
  if (last && last.metadata === metadata && last.timeoutMs === timeoutMs) return last;
  const wire = wireContentType(target.contentType);
  if (!wire) throw unsupportedContentType(target.contentType);
  const headers = callMetadata(metadata, timeoutMs, target.contentType, wire);
  const made = { path: last?.path ?? pathOf(target.service, target.endpoint), metadata, timeoutMs, headers };
  lastOf.set(target, made);
  return made;
}

function failure(status: StatusObject, address: string, target: CallTarget): MicroError {
  const details = status.metadata.get("grpc-status-details-bin")[0];
  if (status.code === grpcStatus.unavailable && !details) {
    const why = status.details.replace(/\. Resolution note:.*$/, "");
    return lostConnection(address, why, neverConnected(status) || refused(status));
  }
  if (status.code === grpcStatus.deadlineExceeded && /^Deadline exceeded( after|$)/.test(status.details)) {
    return deadlineExceeded(target, address);
  }
  return serverFailure(
    { status: status.code, message: status.details, details: details instanceof Buffer ? details : undefined },
    target,
  );
}

// grpc-js tells these apart by its text alone: the connection never stood, or the server named the stream as not begun.
const noConnection = "No connection established";

function neverConnected({ code, details }: StatusObject): boolean {
  return code === grpcStatus.unavailable && details.startsWith(noConnection);
}

function refused({ details }: StatusObject): boolean {
  return details === "Stream refused by server" || details.startsWith("Failed to start HTTP/2 stream");
}

function channelOptions(maxMessageBytes: number, tls: ConnectOptions["tls"]) {
  return {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    // Each costs a few percent of a call and nothing here reads them; retries are the client's.
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    ...(tls?.serverName && { "grpc.ssl_target_name_override": tls.serverName }),
  };
}

const compressionOptions = {
  identity: {},
  gzip: { "grpc.default_compression_algorithm": compressionAlgorithms.gzip },
} as const;

function keepaliveOptions({ timeMs = 0, timeoutMs = 20_000, permitWithoutCalls = false }: ClientKeepalive = {}) {
  if (timeMs === 0) return {};
  return {
    "grpc.keepalive_time_ms": timeMs,
    "grpc.keepalive_timeout_ms": timeoutMs,
    "grpc.keepalive_permit_without_calls": permitWithoutCalls ? 1 : 0,
  };
}

function credentialsFor({ tls }: ConnectOptions): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure();
  const pem = (value: unknown): Buffer | null => (value === undefined ? null : Buffer.from(value as string | Buffer));
  return ChannelCredentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
}

/** Literal addresses skip the name resolver. */
function targetOf(address: string): string {
  if (/^\d+\.\d+\.\d+\.\d+:\d+$/.test(address)) return `ipv4:${address}`;
  if (address.startsWith("[")) return `ipv6:${address}`;
  return `dns:${address}`;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function headersTo({ onHeaders }: OutgoingCall): (headers: Metadata) => void {
  return onHeaders ? (headers) => onHeaders(receivedMetadata(headers)) : ignore;
}

function tellTrailers({ onTrailers }: OutgoingCall, trailers: Metadata): void {
  if (!onTrailers) return;
  const metadata = receivedMetadata(trailers);
  if (Object.keys(metadata).length > 0) onTrailers(metadata);
}

function ignore(): void {
  return;
}
