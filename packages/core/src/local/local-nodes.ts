import type { Connection, ConnectOptions, Protocol } from "../protocol/protocol.ts";
import { unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { defaultMaxMessageBytes, type LocalServer } from "./local-server.ts";

/**
 * The nodes that this process serves itself. A client that is given the same ones as a server calls it without a wire
 * when the selector chooses it; everything else about the call stays as it is.
 */
export interface LocalNodes {
  /** Connects to a node by its id instead of its address. */
  readonly protocol: Protocol;
  find(nodeId: string): LocalServer | undefined;
  /** Makes a served node callable; the answer ends that, and calls under way go on. */
  add(nodeId: string, server: LocalServer): () => void;
}

export function localNodes(): LocalNodes {
  const servers = new Map<string, LocalServer>();

  function connect(nodeId: string, { maxMessageBytes = defaultMaxMessageBytes }: ConnectOptions = {}): Connection {
    let closed = false;
    function server(): LocalServer {
      const found = closed ? undefined : servers.get(nodeId);
      if (found) return found;
      const why = closed ? "the connection is closed" : "this process does not serve it";
      throw unavailable("go.micro.client", `${nodeId}: ${why}`, { unprocessed: true });
    }
    return {
      unary(call, body) {
        try {
          return server().unary(call, body, maxMessageBytes);
        } catch (reason) {
          return Promise.reject(reason);
        }
      },
      async *stream(call, messages) {
        yield* server().stream(call, messages, maxMessageBytes);
      },
      ...closeable(
        closeOnce(() => {
          closed = true;
        }),
      ),
    };
  }

  return {
    protocol: {
      name: "local",
      connect,
      serve() {
        throw new TypeError("a local node is served by adding it, not on a port");
      },
    },
    find: (nodeId) => servers.get(nodeId),
    add(nodeId, server) {
      servers.set(nodeId, server);
      return () => {
        if (servers.get(nodeId) === server) servers.delete(nodeId);
      };
    },
  };
}
