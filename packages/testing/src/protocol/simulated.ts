import type { Listener, ListenOptions, Protocol, ProtocolServer } from "@micro/core";
import { closeable, closeOnce } from "@micro/core";
import type { Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import type { CallerParts } from "./caller.ts";
import { simulatedConnection } from "./connection.ts";
import type { Directory, Listening } from "./directory.ts";
import { type SimulatedServer, simulatedServer } from "./server.ts";

/** One node's way to the simulated network. */
export interface SimulatedProtocol extends Protocol {
  /** Takes connections for a serving half of this protocol at the node's address. */
  open(server: ProtocolServer, address?: string): Listening & { close(): void };
  /** The same as a server's listener. */
  listen(options: ListenOptions): Promise<Listener>;
}

/**
 * Moves calls between the nodes of a network. It stands in for gRPC, under its name, so that records and calls to an address
 * look the same: deadlines, cancellation, errors, limits, drain and back-pressure are those of a connection.
 */
export function simulatedProtocol(
  network: Network,
  directory: Directory,
  node: FleetNode,
  drive?: CallerParts["drive"],
): SimulatedProtocol {
  const servers = new WeakMap<ProtocolServer, SimulatedServer>();

  function open(served: ProtocolServer, address: string = node.address): Listening & { close(): void } {
    const server = servers.get(served);
    if (!server) throw new TypeError(`${node.name} cannot listen for a protocol that is not its own`);
    if (directory.listening.has(address)) throw new Error(`${node.name} cannot listen on ${address}: it is in use`);
    const listening = { server, accepting: true, accepted: 0, close: () => void directory.listening.delete(address) };
    directory.listening.set(address, listening);
    return listening;
  }

  return {
    name: "grpc",
    connect: (address, options) => simulatedConnection(network, directory, node, address, options, drive),
    serve(dispatcher, options) {
      const server = simulatedServer(network, node, dispatcher, options);
      servers.set(server, server);
      return server;
    },
    open,
    async listen({ protocols }) {
      const own = protocols.find((each) => servers.has(each));
      if (!own) throw new TypeError(`${node.name} serves no protocol of the simulated network`);
      const listening = open(own);
      const [host = "", port] = node.address.split(":");
      return {
        address: { host, port: Number(port) },
        stopAccepting() {
          listening.accepting = false;
        },
        ...closeable(
          closeOnce(() => {
            listening.accepting = false;
            // The address of a node that crashed goes on to refuse.
            listening.close();
          }),
        ),
      };
    },
  };
}
