import { startWorker, type Worker } from "./process.ts";
import { median, type Row } from "./table.ts";

interface Result {
  calls: number;
  ms: number;
  cpuUs: number;
}

const rounds = 7;
const roundMs = 700;

/**
 * Unary echo of about 80 bytes, ours against raw grpc-js: client and server in a process each, on a core each, the two
 * taking turns round by round so that both see the same machine.
 */
export async function unary(): Promise<Row[]> {
  const names = ["raw", "micro"] as const;
  const servers = new Map(names.map((name) => [name, startWorker("./unary-server.js", [name], 1)]));
  const clients = new Map(names.map((name) => [name, startWorker("./unary-client.js", [name], 0)]));
  try {
    const rows: Row[] = [];
    for (const inFlight of [1, 32, 128]) {
      const perSecond: Record<string, number[]> = { raw: [], micro: [] };
      const cpu: Record<string, number[]> = { raw: [], micro: [] };
      for (let round = -1; round < rounds; round++) {
        for (const name of round % 2 ? names : [...names].reverse()) {
          const [server, client] = [servers.get(name) as Worker, clients.get(name) as Worker];
          const before = await server.ask<{ address: string; cpuUs: number }>({});
          const result = await client.ask<Result>({ address: before.address, inFlight, ms: roundMs });
          const after = await server.ask<{ cpuUs: number }>({});
          if (round < 0) continue; // warms up
          perSecond[name]?.push((result.calls * 1000) / result.ms);
          cpu[name]?.push((result.cpuUs + after.cpuUs - before.cpuUs) / result.calls);
        }
      }
      const ratios = (perSecond.micro ?? []).map((ours, index) => ours / (perSecond.raw?.[index] ?? 1));
      rows.push({
        "in flight": inFlight,
        "raw calls/s": Math.round(median(perSecond.raw ?? [])),
        "micro calls/s": Math.round(median(perSecond.micro ?? [])),
        "raw CPU µs/call": Math.round(median(cpu.raw ?? [])),
        "micro CPU µs/call": Math.round(median(cpu.micro ?? [])),
        ratio: median(ratios).toFixed(2),
        "ratio min–max": `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
      });
    }
    return rows;
  } finally {
    for (const worker of [...servers.values(), ...clients.values()]) worker.stop();
  }
}
