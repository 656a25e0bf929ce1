import { type MucpServer, memoryTransport, mucp, mucpProtocol, type Socket, type Transport } from "@micro/core";
import type { Listening, ProtocolHarness } from "../src/protocol/harness.ts";
import { protocolConformance } from "../src/protocol/suite.ts";

const contentTypes = ["application/octet-stream", "application/json"] as const;

protocolConformance("mucp over http", { protocol: mucp, contentTypes, trailers: false });

for (const [name, contentType] of [
  ["proto-rpc", "application/protobuf"],
  ["the grpc frame", "application/grpc"],
  ["bare protobuf", "application/protobuf"],
] as const) {
  const protocol = name === "proto-rpc" ? mucp : mucpProtocol({ wireTypes: () => undefined });
  protocolConformance(`mucp over http in ${name}`, {
    protocol,
    contentTypes: [contentType, "application/json"],
    trailers: false,
  });
}

protocolConformance("mucp over memory", memoryHarness());

/** Both halves on one memory transport, whose pipes are counted and can be cut. */
function memoryHarness(): ProtocolHarness {
  const watched = watchedTransport(memoryTransport());
  return {
    protocol: mucpProtocol({ transport: watched.transport }),
    contentTypes,
    trailers: false,
    async listen(server): Promise<Listening> {
      const { address, close } = await (server as MucpServer).listen("127.0.0.1:0");
      const pipes = watched.pipesOf(address);
      pipes.length = 0; // the address may have been another case's
      return {
        address,
        get accepted() {
          return pipes.length;
        },
        cut() {
          for (const pipe of pipes) pipe.abort();
        },
        close,
      };
    },
  };
}

function watchedTransport(transport: Transport): { transport: Transport; pipesOf(address: string): Socket[] } {
  const pipes = new Map<string, Socket[]>();
  const pipesOf = (address: string): Socket[] => {
    const known = pipes.get(address) ?? [];
    pipes.set(address, known);
    return known;
  };
  return {
    pipesOf,
    transport: {
      ...transport,
      listen(address, onSocket, limits) {
        return transport.listen(
          address,
          (socket) => {
            pipesOf(socket.local).push(socket);
            onSocket(socket);
          },
          limits,
        );
      },
    },
  };
}
