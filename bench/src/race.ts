import { startGoWorker } from "./go.ts";
import { startWorker, type Worker } from "./process.ts";
import type { Endpoint } from "./stacks/stack.ts";
import { goalOf, median, type Row } from "./table.ts";

/** One who takes part in a race. */
export interface Runner {
  readonly name: string;
  /** Names of stacks; `go …` is a Go program. */
  readonly client: string;
  readonly server: string;
  /** The ratio to the first runner that is wanted, for each number in flight. */
  readonly goals?: readonly (number | undefined)[];
}

/** The same calls made by several stacks. */
export interface Race {
  readonly endpoint: Endpoint;
  readonly inFlight: readonly number[];
  /** Ratios are to the first. */
  readonly runners: readonly Runner[];
  /** @default 5 */
  readonly rounds?: number;
  /** @default 500 */
  readonly roundMs?: number;
}

interface Result {
  replies: number;
  ms: number;
  cpuUs: number;
}

/**
 * Client and server in a process each, on a core each, all runners taking turns round by round so that they see the
 * same machine. The figures are medians.
 */
export async function run({ endpoint, inFlight, runners, rounds = 5, roundMs = 500 }: Race): Promise<Row[]> {
  const servers = runners.map(({ server }) => start("server", server, endpoint));
  const clients = runners.map(({ client }) => start("client", client, endpoint));
  try {
    const rows: Row[] = [];
    for (const [column, count] of inFlight.entries()) {
      const figures = runners.map(() => ({ perSecond: [] as number[], cpuUs: [] as number[] }));
      for (let round = -1; round < rounds; round++) {
        const order = [...runners.keys()];
        for (const turn of round % 2 ? order : order.reverse()) {
          const [server, client] = [servers[turn] as Worker, clients[turn] as Worker];
          const before = await server.ask<{ address: string; cpuUs: number }>({});
          const result = await client.ask<Result>({ address: before.address, inFlight: count, ms: roundMs });
          const after = await server.ask<{ cpuUs: number }>({});
          if (round < 0) continue; // warms up
          figures[turn]?.perSecond.push((result.replies * 1000) / result.ms);
          figures[turn]?.cpuUs.push((result.cpuUs + after.cpuUs - before.cpuUs) / result.replies);
        }
      }
      const base = figures[0]?.perSecond ?? [];
      for (const [turn, { name, goals }] of runners.entries()) {
        const { perSecond = [], cpuUs = [] } = figures[turn] ?? {};
        const ratios = perSecond.map((ours, index) => ours / (base[index] ?? 1));
        rows.push({
          "in flight": count,
          stack: name,
          [endpoint === "stream" ? "messages/s" : "calls/s"]: Math.round(median(perSecond)),
          "CPU µs each": median(cpuUs).toFixed(1),
          ratio: median(ratios).toFixed(2),
          "min–max": `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
          goal: goalOf(median(ratios), goals?.[column]),
        });
      }
    }
    return rows;
  } finally {
    for (const worker of [...servers, ...clients]) worker.stop();
  }
}

function start(side: "server" | "client", stack: string, endpoint: Endpoint): Worker {
  const core = side === "server" ? 1 : 0;
  return stack.startsWith("go ")
    ? startGoWorker(stack, side, core)
    : startWorker(`./${side}.js`, [stack, endpoint], core);
}
