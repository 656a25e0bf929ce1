import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { type Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Dispatcher, ProtocolServer, ServeOptions, ServerKeepalive } from "../../protocol/protocol.ts";
import { MicroError } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { isServed } from "../content-type.ts";
import { endpointOf } from "../path.ts";
import { recognisesHttp2 } from "../preface.ts";
import { grpcStatus } from "../status.ts";
import { GrpcIncomingCall, type GrpcServerCall } from "./incoming-call.ts";
import { type GrpcServerStream, serveStream } from "./server-stream.ts";
import { statusOf } from "./status-object.ts";

/** Serves gRPC on connections that are handed to it. */
export function grpcJsServer(
  dispatcher: Dispatcher,
  { maxMessageBytes = 4 * 1024 * 1024, keepalive }: ServeOptions = {},
): ProtocolServer {
  const server = new RoutingServer(dispatcher, maxMessageBytes, keepaliveOptions(keepalive));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const drain = closeOnce(
    () => new Promise<void>((resolve, reject) => server.tryShutdown((error) => (error ? reject(error) : resolve()))),
  );
  return {
    recognises: recognisesHttp2,
    accept: (socket: Duplex) => injector.injectConnection(socket),
    drain,
    ...closeable(closeOnce(() => server.forceShutdown())),
  };
}

/**
 * Spans as grpc-js calls them; those of 0 are left out, which is how it switches them off. It asks nobody unless told to,
 * since a question after it has begun to drain ends the calls in flight: grpc-node#3068.
 */
function keepaliveOptions({ timeMs = 0, timeoutMs = 20_000, ...ages }: ServerKeepalive = {}) {
  const spans = {
    "grpc.keepalive_time_ms": timeMs,
    "grpc.keepalive_timeout_ms": timeoutMs,
    "grpc.max_connection_idle_ms": ages.maxIdleMs,
    "grpc.max_connection_age_ms": ages.maxAgeMs,
    "grpc.max_connection_age_grace_ms": ages.maxAgeGraceMs,
  };
  return Object.fromEntries(Object.entries(spans).filter(([, ms]) => ms !== undefined && ms > 0));
}

type Respond = (error: object | null, reply?: Uint8Array, trailers?: Metadata) => void;

/** What grpc-js keeps about a method; here made for each call, since any path may lead to a handler. */
type Route = {
  readonly path: string;
  readonly serialize: (body: Uint8Array) => Buffer;
  readonly deserialize: (body: Buffer) => Uint8Array;
} & (
  | {
      readonly type: "unary";
      readonly func: (call: GrpcServerCall & { request: Uint8Array }, respond: Respond) => void;
    }
  | { readonly type: "bidi"; readonly func: (call: GrpcServerStream) => void }
);

/**
 * grpc-js finds handlers by their complete path and hides the content type from them. go-micro's callers put the
 * registry's name into the path, which the server need not know, and the content type decides the codec. The two
 * methods overridden here are where grpc-js 1.14 looks: the first sees each call's headers, the second, called by it
 * before it returns, says who answers.
 */
class RoutingServer extends (Server as unknown as new (options: object) => RoutableServer) {
  readonly #dispatcher: Dispatcher;
  #headers: IncomingHttpHeaders = {};
  #stream: ServerHttp2Stream | undefined;

  constructor(dispatcher: Dispatcher, maxMessageBytes: number, keepalive: Readonly<Record<string, unknown>>) {
    super({
      ...keepalive,
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": maxMessageBytes,
      "grpc.enable_channelz": 0,
    });
    this.#dispatcher = dispatcher;
  }

  override _streamHandler(
    interceptors: readonly unknown[],
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
  ): void {
    const refusal = this.#refusal(headers);
    if (refusal) {
      refuse(stream, headers, refusal);
      return;
    }
    this.#headers = headers;
    this.#stream = stream;
    super._streamHandler(interceptors, stream, headers);
  }

  override _retrieveHandler(path: string): Route {
    const headers = this.#headers;
    const stream = this.#stream as ServerHttp2Stream;
    const dispatcher = this.#dispatcher;
    const endpoint = endpointOf(path) as string;
    const receive = (call: GrpcServerCall): GrpcIncomingCall =>
      new GrpcIncomingCall(call, endpoint, headers, peerOf(stream));
    const way = { path, serialize: asBuffer, deserialize: (body: Buffer) => body };
    const wasReset = (): boolean => stream.rstCode !== 0;
    // The two-way kind takes any number of messages each way, and so stands for the three kinds that stream.
    if (dispatcher.kindOf(endpoint) !== "unary") {
      return { ...way, type: "bidi", func: (call) => void serveStream(dispatcher, receive(call), call, wasReset) };
    }
    return {
      ...way,
      type: "unary",
      func(call, respond) {
        const incoming = receive(call);
        void answerUnary(dispatcher, incoming, call.request, respond);
      },
    };
  }

  /** Why nobody will answer, in the words of go-micro's server; undefined when somebody does. */
  #refusal(headers: IncomingHttpHeaders): Refusal | undefined {
    const contentType = headers["content-type"] ?? "";
    if (!contentType.startsWith("application/grpc")) return undefined; // grpc-js answers 415, as gRPC prescribes
    const path = headers[":path"] as string;
    const endpoint = endpointOf(path);
    if (endpoint === undefined)
      return { status: grpcStatus.invalidArgument, message: `malformed method name: "${path}"` };
    if (!this.#dispatcher.kindOf(endpoint)) {
      const handler = endpoint.slice(0, endpoint.indexOf("."));
      const known = this.#dispatcher.hasHandler(handler);
      return { status: grpcStatus.unimplemented, message: `unknown service ${known ? endpoint : handler}` };
    }
    if (isServed(contentType)) return undefined;
    return {
      error: new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType}`),
      status: grpcStatus.unknown,
    };
  }
}

type Refusal = { status: number; message: string } | { status: number; error: MicroError };

interface RoutableServer extends Pick<Server, "createConnectionInjector" | "tryShutdown" | "forceShutdown"> {
  _streamHandler(interceptors: readonly unknown[], stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  _retrieveHandler(path: string): Route;
}

// The peer of a connection is asked for once; looking it up goes through a proxy object of node:http2.
const peers = new WeakMap<object, string>();

function peerOf({ session }: ServerHttp2Stream): string {
  if (!session) return "unknown"; // gone already; nobody will see the answer
  let peer = peers.get(session);
  if (peer === undefined) {
    const { remoteAddress = "unknown", remotePort = 0 } = session.socket;
    peer = remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
    peers.set(session, peer);
  }
  return peer;
}

async function answerUnary(
  dispatcher: Dispatcher,
  incoming: GrpcIncomingCall,
  request: Uint8Array,
  respond: Respond,
): Promise<void> {
  try {
    const body = await dispatcher.unary(incoming, request);
    incoming.refuseExpired();
    incoming.answered();
    incoming.sendHeaders();
    respond(null, body, incoming.trailers());
  } catch (reason) {
    incoming.answered();
    incoming.sendHeaders();
    const status = statusOf(MicroError.from(reason, "go.micro.server"));
    respond({ ...status, metadata: incoming.trailers(status.metadata) });
  }
}

/** Answers with headers that are trailers at once. */
function refuse(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, refusal: Refusal): void {
  stream.on("error", ignore); // the caller went away before the answer; there is nobody to tell
  const message = "message" in refusal ? refusal.message : refusal.error.message;
  stream.respond(
    {
      ":status": 200,
      "content-type": headers["content-type"],
      "grpc-status": refusal.status,
      "grpc-message": percentEncode(message),
    },
    { endStream: true },
  );
  stream.resume(); // else the body keeps the connection's window
}

// gRPC percent-encodes what is not printable ASCII, and the percent sign.
function percentEncode(text: string): string {
  return text.replace(/[^ -$&-~]+/gu, (part) => encodeURIComponent(part));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function ignore(): void {
  return;
}
