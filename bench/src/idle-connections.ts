import { startWorker } from "./process.ts";
import type { Row } from "./table.ts";

const first = 200; // what is made once, and not for each connection
const connections = 2_000;

interface Memory {
  address: string;
  rssBytes: number;
  heapBytes: number;
}

/** What a server holds for each connection on which one call was made and nothing happens any more. */
export async function idleConnections(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const stack of ["grpc-js", "micro"]) {
    const server = startWorker("./server.js", [stack], 1);
    const client = startWorker("./idle-client.js", [], 0);
    try {
      const { address } = await server.ask<Memory>({ memory: true });
      await client.ask({ address, connections: first });
      const before = await server.ask<Memory>({ memory: true });
      await client.ask({ address, connections });
      const after = await server.ask<Memory>({ memory: true });
      const each = (more: number): string => (more / connections / 1_024).toFixed(1);
      rows.push({
        stack,
        connections,
        "heap and buffers KB each": each(after.heapBytes - before.heapBytes),
        "rss KB each": each(after.rssBytes - before.rssBytes),
      });
    } finally {
      server.stop();
      client.stop();
    }
  }
  return rows;
}
