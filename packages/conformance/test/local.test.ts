import type { Dispatcher, ProtocolServer, ServeOptions } from "@micro/core";
import { localNodes, serveLocally } from "@micro/core";
import type { Listening, ProtocolHarness } from "../src/protocol/harness.ts";
import { protocolConformance } from "../src/protocol/suite.ts";

// Calls within a process pass the suite of those that go over a wire: what tells them apart is their speed alone.
protocolConformance("local calls", harness());

function harness(): ProtocolHarness {
  const nodes = localNodes();
  const served = new WeakMap<ProtocolServer, Parts>();
  const connections = new Map<string, number>();
  let count = 0;

  function serve(dispatcher: Dispatcher, options: ServeOptions = {}): ProtocolServer {
    const parts: Parts = { local: serveLocally(dispatcher, options), again: () => serveLocally(dispatcher, options) };
    const close = async (): Promise<void> => parts.local.close();
    const server: ProtocolServer = {
      recognises: () => false, // there are no bytes to tell it by
      accept: (socket) => socket.destroy(),
      drain: () => parts.local.drain(),
      close,
      [Symbol.asyncDispose]: close,
    };
    served.set(server, parts);
    return server;
  }

  async function listen(server: ProtocolServer): Promise<Listening> {
    const parts = served.get(server) as Parts;
    const address = `node-${count++}`;
    let remove = nodes.add(address, parts.local);
    return {
      address,
      get accepted() {
        return connections.get(address) ?? 0;
      },
      cut() {
        parts.local.close();
        remove();
        parts.local = parts.again();
        remove = nodes.add(address, parts.local);
      },
      close: async () => remove(),
    };
  }

  return {
    protocol: {
      name: "local",
      serve,
      connect(address, options) {
        const connection = nodes.protocol.connect(address, options);
        return {
          ...connection,
          unary(call, body) {
            connections.set(address, 1);
            return connection.unary(call, body);
          },
        };
      },
    },
    contentTypes: ["application/grpc+proto", "application/json"],
    listen,
  };
}

interface Parts {
  local: ReturnType<typeof serveLocally>;
  readonly again: () => ReturnType<typeof serveLocally>;
}
