import { Channel, ChannelCredentials, type Metadata } from "@grpc/grpc-js";
import type { CallTarget, Connection, ConnectOptions, OutgoingCall } from "../protocol/protocol.ts";
import { cancelled, MicroError, unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import type { Metadata as Headers } from "../words/metadata.ts";
import { clientStream } from "./client-stream.ts";
import { wireContentType } from "./content-type.ts";
import { fromGrpc, type GrpcOutcome, isNoSuchEndpoint } from "./errors.ts";
import { callHeaders } from "./headers.ts";
import { pathOf } from "./path.ts";
import { grpcStatus } from "./status.ts";

const defaults = { maxMessageBytes: 4 * 1024 * 1024, dialTimeoutMs: 5_000 };

/** A connection to one gRPC server on grpc-js. Dials on the first call, and afresh on the first call after it was lost. */
export function grpcConnection(address: string, options: ConnectOptions = {}): Connection {
  const settings = channelOptions({ ...defaults, ...options });
  const credentials = credentialsFor(options);
  let channels: Channel[] = [];
  let turn = 0;
  let inFlight = 0;
  let closed = false;

  function channel(): Channel {
    // A second connection pays once several calls are under way: its share of the parsing runs beside the first one's.
    const wanted = inFlight > callsForSecondConnection ? 2 : 1;
    const index = turn++ % wanted;
    let found = channels[index];
    if (!found) {
      found = new Channel(targetOf(address), credentials, settings);
      channels[index] = found;
    }
    return found;
  }

  /** grpc-js waits out its own back-off before it dials again; whether to try a node is the selector's decision, so dial at once. */
  function dropChannels(): void {
    const dropped = channels;
    channels = [];
    for (const each of dropped) each?.close();
  }

  function unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (closed)
        return reject(unavailable("go.micro.client", `connection to ${address} is closed`, { unprocessed: true }));
      if (call.signal?.aborted) return reject(cancelled("go.micro.client", "call cancelled"));
      const { path, headers } = wireOf(call);
      const used = channel();
      const wire = used.createCall(path, call.deadline, null, null, null);
      let reply: Uint8Array | undefined;
      const onAbort = call.signal && ((): void => wire.cancelWithStatus(grpcStatus.cancelled, "call cancelled"));
      inFlight++;
      wire.start(headers, {
        onReceiveMetadata: ignore,
        onReceiveMessage(message: Uint8Array) {
          reply = message;
        },
        onReceiveStatus(status) {
          inFlight--;
          if (onAbort) call.signal?.removeEventListener("abort", onAbort);
          if (status.code === grpcStatus.ok && reply) return resolve(reply);
          if (status.code === grpcStatus.ok) {
            return reject(new MicroError("go.micro.client", 500, `${address} answered ${path} without a message`));
          }
          if (neverConnected(status) && channels.includes(used)) dropChannels();
          reject(failure(status, address, call.target));
        },
      });
      if (onAbort) call.signal?.addEventListener("abort", onAbort, { once: true });
      wire.sendMessageWithContext({}, asBuffer(body));
      wire.halfClose();
      wire.startRead();
    });
  }

  function stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    const { path, headers } = wireOf(call);
    let used: Channel | undefined;
    return clientStream(
      {
        path,
        headers,
        deadline: call.deadline,
        signal: call.signal,
        channel() {
          if (closed) throw unavailable("go.micro.client", `connection to ${address} is closed`, { unprocessed: true });
          inFlight++;
          used = channel();
          return used;
        },
        failure(status) {
          if (neverConnected(status) && used && channels.includes(used)) dropChannels();
          return failure(status, address, call.target);
        },
        ended: () => {
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
  if (!wire) throw new MicroError("go.micro.client", 500, `Unsupported Content-Type: ${target.contentType}`);
  const headers = callHeaders(metadata, timeoutMs, target.contentType, wire);
  const made = { path: last?.path ?? pathOf(target.service, target.endpoint), metadata, timeoutMs, headers };
  lastOf.set(target, made);
  return made;
}

function failure(status: GrpcOutcome, address: string, { service, endpoint }: CallTarget): MicroError {
  if (isNoSuchEndpoint(status)) {
    const detail = `endpoint ${endpoint} not found at service ${service}: ${status.details}`;
    return new MicroError("go.micro.client", 404, detail, { answered: true });
  }
  const unprocessed = neverConnected(status) || refused(status);
  const bare = status.code === grpcStatus.unavailable && !status.metadata.get("grpc-status-details-bin").length;
  if (unprocessed || bare) {
    const detail = `${address}: ${status.details.replace(/\. Resolution note:.*$/, "")}`;
    return unavailable("go.micro.client", detail, { unprocessed });
  }
  if (status.code === grpcStatus.deadlineExceeded && /^Deadline exceeded( after|$)/.test(status.details)) {
    return new MicroError(
      "go.micro.client",
      408,
      `context deadline exceeded calling ${endpoint} of ${service} at ${address}`,
    );
  }
  return fromGrpc(status);
}

// grpc-js tells these apart by its text alone. The connection never stood; or it takes no more streams, which grpc-js
// calls INTERNAL and finds out again with each call.
function neverConnected({ code, details }: GrpcOutcome): boolean {
  return (
    (code === grpcStatus.unavailable && details.startsWith("No connection established")) ||
    (code === grpcStatus.internal && details.startsWith("Failed to start HTTP/2 stream"))
  );
}

// The server named the stream as not begun.
function refused({ code, details }: GrpcOutcome): boolean {
  return code === grpcStatus.unavailable && details === "Stream refused by server";
}

function channelOptions({
  maxMessageBytes,
  dialTimeoutMs,
  tls,
}: Required<Omit<ConnectOptions, "tls">> & Pick<ConnectOptions, "tls">) {
  return {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.min_reconnect_backoff_ms": dialTimeoutMs,
    // Each costs a few percent of a call and nothing here reads them; retries are the client's.
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    ...(tls?.serverName && { "grpc.ssl_target_name_override": tls.serverName }),
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

function ignore(): void {
  return;
}
