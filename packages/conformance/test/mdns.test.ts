import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { mdnsRegistry } from "@micro/core";
import { registryConformance } from "../src/index.ts";

const port = await freePort();
const loopback = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.[0]?.internal)?.[0] ?? "lo";

registryConformance("mdnsRegistry", {
  open: () => mdnsRegistry({ port, interfaces: [loopback], reconcileMs: 500 }),
  elapse: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  minTtlMs: 300,
  keepsServiceMetadata: false,
  listHasNodes: false,
});

// Of its own for this run, so that nothing on the machine or its network hears it or joins in.
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}
