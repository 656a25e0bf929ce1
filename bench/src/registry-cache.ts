import { memoryRegistry, type Node, registrySelector, type ServiceRecord } from "@micro/core";
import type { Row } from "./table.ts";

const nodeCount = 10_000;
const changes = 1_000;

/** A cache of 10,000 nodes of one service: its memory, the time to the first answer, and what one change costs. */
export async function registryCache(): Promise<Row[]> {
  const registry = memoryRegistry();
  const node = (index: number): Node => ({
    id: `go.micro.srv.big-${index}`,
    address: `10.0.${index >> 8}.${index & 255}:8080`,
    metadata: { protocol: "grpc", server: "grpc", transport: "grpc", registry: "memory" },
  });
  const record = (nodes: readonly Node[]): ServiceRecord => ({
    name: "go.micro.srv.big",
    version: "latest",
    metadata: {},
    endpoints: [],
    nodes,
  });
  await registry.register(record(Array.from({ length: nodeCount }, (_, index) => node(index))));

  const heapBefore = heapBytes();
  const selector = registrySelector({ registry });
  const began = performance.now();
  const next = await selector.select("go.micro.srv.big");
  next();
  const firstAnswerMs = performance.now() - began;
  const heapAfter = heapBytes();

  const selectBegan = performance.now();
  for (let index = 0; index < 100_000; index++) await selector.select("go.micro.srv.big");
  const selectUs = ((performance.now() - selectBegan) * 1000) / 100_000;

  const changeBegan = performance.now();
  for (let index = 0; index < changes; index++) await registry.register(record([node(nodeCount + index)]));
  const last = await selector.select("go.micro.srv.big", {
    filters: [({ node: { id } }) => id === `go.micro.srv.big-${nodeCount + changes - 1}`],
  });
  last(); // every change has arrived
  const changeUs = ((performance.now() - changeBegan) * 1000) / changes;

  await selector.close();
  await registry.close();
  return [
    {
      nodes: nodeCount,
      "cache MB": ((heapAfter - heapBefore) / 1e6).toFixed(1),
      "first answer ms": firstAnswerMs.toFixed(1),
      "select µs": selectUs.toFixed(2),
      "one change µs": changeUs.toFixed(1),
    },
  ];
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
