import { startWorker, type Worker } from "./process.ts";
import { median, type Row } from "./table.ts";

interface Result {
  calls: number;
  ms: number;
  cpuUs: number;
}

const rounds = 7;
const roundMs = 700;

const names = ["raw", "micro on grpc-js", "micro"] as const;

/**
 * Unary echo of about 80 bytes, ours on both engines against raw grpc-js: client and server in a process each, on a core
 * each, all taking turns round by round so that they see the same machine. Ratios are to raw.
 */
export async function unary(): Promise<Row[]> {
  const servers = new Map(names.map((name) => [name, startWorker("./unary-server.js", [name], 1)]));
  const clients = new Map(names.map((name) => [name, startWorker("./unary-client.js", [name], 0)]));
  try {
    const rows: Row[] = [];
    for (const inFlight of [1, 32, 128]) {
      const results = new Map(names.map((name) => [name, { perSecond: [] as number[], cpuUs: [] as number[] }]));
      for (let round = -1; round < rounds; round++) {
        for (const name of round % 2 ? names : [...names].reverse()) {
          const [server, client] = [servers.get(name) as Worker, clients.get(name) as Worker];
          const before = await server.ask<{ address: string; cpuUs: number }>({});
          const result = await client.ask<Result>({ address: before.address, inFlight, ms: roundMs });
          const after = await server.ask<{ cpuUs: number }>({});
          if (round < 0) continue; // warms up
          results.get(name)?.perSecond.push((result.calls * 1000) / result.ms);
          results.get(name)?.cpuUs.push((result.cpuUs + after.cpuUs - before.cpuUs) / result.calls);
        }
      }
      const base = results.get("raw")?.perSecond ?? [];
      for (const [name, { perSecond, cpuUs }] of results) {
        const ratios = perSecond.map((ours, index) => ours / (base[index] ?? 1));
        rows.push({
          "in flight": inFlight,
          stack: name,
          "calls/s": Math.round(median(perSecond)),
          "CPU µs/call": median(cpuUs).toFixed(1),
          ratio: median(ratios).toFixed(2),
          "min–max": `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
        });
      }
    }
    return rows;
  } finally {
    for (const worker of [...servers.values(), ...clients.values()]) worker.stop();
  }
}
