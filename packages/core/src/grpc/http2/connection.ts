import { connect, ErrorCode, type Connection as Http2Connection, type Stream } from "@micro/http2";
import type { Compression, Connection, ConnectOptions, OutgoingCall } from "../../protocol/protocol.ts";
import { MicroError } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { callCancelled, connectionClosed, deadlineExceeded, lostConnection } from "../failures.ts";
import { headerMaker } from "./call-headers.ts";
import { ClientCall, type ClientCallEvents } from "./client-call.ts";
import { clientStream } from "./client-stream.ts";
import { isWorthCompressing } from "./compress.ts";
import { beginLater, peerSettings, SettingsAwaited, smallHeaderBytes } from "./peer-settings.ts";
import { formatGrpcTimeout } from "./timeout.ts";
import { writeCompressed, writeMessage } from "./write-message.ts";

const defaults = { maxMessageBytes: 4 * 1024 * 1024, dialTimeoutMs: 1_000, compression: "identity" } as const;

const timeoutFieldBytes = 64;

/** Connections to one server when its limit of streams a connection is reached. */
const maxConnections = 8;

// An error of go-micro travels three times over in the trailers; with less room than this, long ones do not arrive.
const clientLimits = { maxHeaderListBytes: 1024 * 1024, maxContinuations: 128 };

/** A gRPC connection on `@micro/http2`. Dials on the first call, and again on the first call after it was lost. */
export function http2Connection(address: string, options: ConnectOptions = {}): Connection {
  const { maxMessageBytes, dialTimeoutMs, compression } = { ...defaults, ...options };
  const { tls } = options;
  const headersOf = headerMaker(address, tls ? "https" : "http");
  const { host, port } = splitAddress(address);
  const connections: Http2Connection[] = [];
  const settings = peerSettings(address, dialTimeoutMs);
  const { timeMs: askAfterMs = 0, timeoutMs: answerMs = 20_000, permitWithoutCalls = false } = options.keepalive ?? {};
  const { probeMs, probeTimeoutMs } = options.keepalive ?? {};
  let keepAliveMs = askAfterMs;
  let closed = false;

  function dial(): Http2Connection {
    const opened = connect({
      host,
      port,
      connectTimeoutMs: dialTimeoutMs,
      limits: clientLimits,
      // A blank at the end of an error's message is no reason to lose the error: grpc-go sends it as it is.
      lenientHeaders: true,
      onClose: () => drop(opened),
      keepAliveMs,
      keepAliveTimeoutMs: answerMs,
      keepAliveWithoutStreams: permitWithoutCalls,
      ...(probeMs !== undefined && { probeMs }),
      ...(probeTimeoutMs !== undefined && { probeTimeoutMs }),
      onGoaway(code, _lastStreamId, debug) {
        if (code === ErrorCode.ENHANCE_YOUR_CALM && debug === "too_many_pings") keepAliveMs *= 2;
      },
      ...(tls && {
        allowNoAlpn: true, // go-micro's own TLS option wraps the listener without ALPN
        tls: {
          ...(tls.ca && { ca: tls.ca }),
          ...(tls.cert && { cert: tls.cert }),
          ...(tls.key && { key: tls.key }),
          ...(tls.serverName && { servername: tls.serverName }),
        },
      }),
    });
    connections.push(opened);
    return opened;
  }

  function drop(gone: Http2Connection): void {
    const index = connections.indexOf(gone);
    if (index >= 0) connections.splice(index, 1);
    settings.lost(gone);
  }

  /** The first connection with room; a further one when all have as many streams as their peer takes. */
  function connection(): Http2Connection {
    for (const each of connections)
      if (each.accepting && each.waiting === 0 && each.open < each.peerSettings.maxConcurrentStreams) return each;
    const accepting = connections.filter((each) => each.accepting);
    if (accepting.length < maxConnections) return dial();
    return accepting.reduce((least, each) => (each.waiting < least.waiting ? each : least));
  }

  /** Sends the headers of a call and watches over it. Throws the error with which a call ends before it begins. */
  function open(call: OutgoingCall, events: ClientCallEvents): { stream: Stream; handler: ClientCall } {
    if (closed) throw connectionClosed(address);
    if (call.signal?.aborted) throw callCancelled();
    const left = call.deadline - Date.now();
    if (left <= 0) throw deadlineExceeded(call.target, address);
    const { template, fields } = headersOf(call, compressionOf(call));
    const used = connection();
    const bytes = template.bytes + listBytes(fields) + timeoutFieldBytes;
    if (bytes > used.peerSettings.maxHeaderListBytes) throw tooManyHeaders(bytes, used);
    if (bytes > smallHeaderBytes && !settings.known(used)) throw new SettingsAwaited(settings.wait(used, call));
    const whyLost = (): string => used.error?.message ?? "the connection was closed";
    const handler = new ClientCall(call, address, maxMessageBytes, whyLost, events);
    const own = left === Number.POSITIVE_INFINITY ? fields : ["grpc-timeout", formatGrpcTimeout(left), ...fields];
    const stream = used.request(handler, template, own);
    if (!stream.closed) handler.begin(stream);
    return { stream, handler };
  }

  /** Sent all the same, they would end the connection and every other call on it. */
  function tooManyHeaders(bytes: number, { peerSettings }: Http2Connection): MicroError {
    const detail = `the headers of the call have ${bytes} bytes, more than the ${peerSettings.maxHeaderListBytes} that ${address} takes`;
    return new MicroError("go.micro.client", 431, detail, { unprocessed: true });
  }

  function compressionOf(call: OutgoingCall): Compression {
    return call.compression ?? compression;
  }

  function checkSize(message: Uint8Array): void {
    if (message.length <= maxMessageBytes) return;
    const detail = `the message has ${message.length} bytes, more than the ${maxMessageBytes} that may be sent`;
    throw new MicroError("go.micro.client", 413, detail, { unprocessed: true });
  }

  function unary(call: OutgoingCall, body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      try {
        exchange(call, body, resolve, reject);
      } catch (reason) {
        exchangeLater(reason, call, body, resolve, reject);
      }
    });
  }

  // A function of its own, so that calls which begin at once pay nothing for those that cannot.
  function exchangeLater(
    reason: unknown,
    call: OutgoingCall,
    body: Uint8Array,
    resolve: Resolve,
    reject: Reject,
  ): void {
    beginLater(reason, () => exchange(call, body, resolve, reject), reject);
  }

  function exchange(call: OutgoingCall, body: Uint8Array, resolve: Resolve, reject: Reject): void {
    checkSize(body);
    let reply: Buffer | undefined;
    const { stream, handler } = open(call, {
      onMessage(message, bytes) {
        reply ??= message;
        stream.consumed(bytes);
      },
      onEnd(error) {
        if (error) reject(error);
        else if (reply) resolve(reply);
        else
          reject(
            new MicroError("go.micro.client", 500, `${address} answered ${call.target.endpoint} without a message`, {
              answered: true,
            }),
          );
      },
    });
    if (compressionOf(call) === "identity" || !isWorthCompressing(body)) {
      writeMessage(stream, body, true);
      return;
    }
    writeCompressed(stream, body, true).catch((reason: unknown) =>
      handler.cancel(MicroError.from(reason, "go.micro.client")),
    );
  }

  const close = closeOnce(() => {
    closed = true;
    // Calls in flight finish first.
    for (const each of [...connections]) each.drain();
  });

  return {
    unary,
    stream: (call, messages) => ({
      [Symbol.asyncIterator]: () =>
        clientStream((events) => open(call, events), checkSize, compressionOf(call), messages),
    }),
    ...closeable(close),
  };
}

type Resolve = (reply: Uint8Array) => void;
type Reject = (reason: unknown) => void;

/** What fields count as in a header list: RFC 9113 §6.5.2. */
function listBytes(fields: readonly string[]): number {
  let bytes = fields.length * 16; // 32 a field, of which there are half as many
  for (let i = 0; i < fields.length; i++) bytes += (fields[i] as string).length;
  return bytes;
}

function splitAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address);
  if (!match) throw lostConnection(address, "this is no host:port", true);
  return { host: match[1] ?? match[2] ?? "", port: Number(match[3]) };
}
