import { protocolConformance } from "@micro/conformance";
import { createDirectory } from "../src/protocol/directory.ts";
import { breakPipe } from "../src/protocol/pipe.ts";
import { simulatedProtocol } from "../src/protocol/simulated.ts";
import { realTimeNetwork } from "./real-time.ts";

const { network, node } = realTimeNetwork();
const protocol = simulatedProtocol(network, createDirectory(), node());
let lastPort = 1_000;

protocolConformance("the simulated network", {
  protocol,
  contentTypes: ["application/grpc+proto", "application/json"],
  async listen(server) {
    const address = `127.0.0.1:${++lastPort}`;
    const listening = protocol.open(server, address);
    return {
      address,
      get accepted() {
        return listening.accepted;
      },
      cut() {
        for (const pipe of listening.server.pipes) breakPipe(network, pipe, "network", "cut");
      },
      close: async () => listening.close(),
    };
  },
});
