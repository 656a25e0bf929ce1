import type { Duplex } from "node:stream";
import type {
  Connection,
  ConnectOptions,
  Dispatcher,
  OutgoingCall,
  ProtocolServer,
  ServeOptions,
} from "../../protocol/protocol.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { recognisesHttp2 } from "../preface.ts";

/**
 * gRPC on grpc-js, which is loaded by whoever needs it first: it takes a third of the time that a service needs to
 * start, and most services have no use for it.
 */
export function connectOnDemand(address: string, options?: ConnectOptions): Connection {
  let opened: Connection | undefined;
  let closed = false;

  async function open(): Promise<Connection> {
    const { grpcJsConnection } = await import("./connection.ts");
    opened ??= grpcJsConnection(address, options);
    if (closed) await opened.close(); // and so it refuses the call that it was opened for
    return opened;
  }

  function stream(call: OutgoingCall, messages: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    let begun: Promise<AsyncIterator<Uint8Array>> | undefined;
    const begin = (): Promise<AsyncIterator<Uint8Array>> => {
      begun ??= open().then((connection) => connection.stream(call, messages)[Symbol.asyncIterator]());
      return begun;
    };
    return {
      next: async () => (await begin()).next(),
      return: async () => (await (await begin()).return?.()) ?? { done: true, value: undefined },
    };
  }

  return {
    unary: (call, body) =>
      opened ? opened.unary(call, body) : open().then((connection) => connection.unary(call, body)),
    stream: (call, messages) =>
      opened ? opened.stream(call, messages) : { [Symbol.asyncIterator]: () => stream(call, messages) },
    ...closeable(
      closeOnce(async () => {
        closed = true;
        await opened?.close();
      }),
    ),
  };
}

/** Loads at once, so that the library is there when the first connection comes; one that comes before waits for it. */
export function serveOnDemand(dispatcher: Dispatcher, options?: ServeOptions): ProtocolServer {
  let ready: ProtocolServer | undefined;
  const loading = import("./server.ts").then(({ grpcJsServer }) => {
    ready = grpcJsServer(dispatcher, options);
    return ready;
  });
  loading.catch(() => undefined); // whoever waits for it is told

  function accept(socket: Duplex): void {
    if (ready) {
      ready.accept(socket);
      return;
    }
    const gone = (): void => void socket.destroy();
    socket.on("error", gone);
    loading.then(
      (server) => {
        socket.off("error", gone);
        if (!socket.destroyed) server.accept(socket);
      },
      (reason) => {
        options?.logger?.error({ err: reason }, "grpc-js could not be loaded; a connection is dropped");
        socket.destroy();
      },
    );
  }

  return {
    recognises: recognisesHttp2,
    accept,
    drain: async () => (await loading).drain(),
    ...closeable(closeOnce(async () => (await loading).close())),
  };
}
