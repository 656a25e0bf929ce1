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
  /** What the server itself calls, in a process of its own on the core of the client. */
  readonly behind?: string;
  /** The ratio to the first runner that is wanted, for each number in flight. */
  readonly goals?: readonly (number | undefined)[];
}

/** The same calls made by several stacks. */
export interface Race {
  /** Each is measured by itself, on the same processes. */
  readonly endpoints: readonly Endpoint[];
  readonly inFlight: readonly number[];
  /** Ratios are to the first. */
  readonly runners: readonly Runner[];
  /** Further ratios that are wanted, of one runner to another, both by name. */
  readonly further?: readonly { readonly of: string; readonly to: string; readonly goals: Runner["goals"] }[];
  /** @default 5 */
  readonly rounds?: number;
  /** @default 500 */
  readonly roundMs?: number;
  /** Of the round that does not count, in which code is compiled and heaps find their size. @default 2000 */
  readonly warmUpMs?: number;
}

/** What one runner did, round by round. */
interface Figures {
  readonly perSecond: number[];
  readonly cpuUs: number[];
  /** Of the server alone. */
  readonly serverCpuUs: number[];
  /** The share of the time for which the client, and what is behind the server, had their core. */
  readonly clientBusy: number[];
  /** The same of the server and its own. */
  readonly serverBusy: number[];
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
export async function run(race: Race): Promise<Row[]> {
  const { endpoints, inFlight, runners, further = [] } = race;
  const lanes = runners.map(openLane);
  try {
    await Promise.all(lanes.map(look)); // all start at once
    const rows: Row[] = [];
    for (const [endpoint, column, count] of endpoints.flatMap((each) =>
      inFlight.map((n, at) => [each, at, n] as const),
    )) {
      const figures = await measure(lanes, endpoint, count, race);
      const ratios = (of: string, to: string | undefined, goals: Runner["goals"]): Row =>
        ratioColumns(perSecondOf(figures, of), perSecondOf(figures, to), goals?.[column]);
      const conditions = { ...(endpoints.length > 1 && { request: endpoint }), "in flight": count };
      for (const { name, goals } of runners) {
        const {
          perSecond = [],
          cpuUs = [],
          serverCpuUs = [],
          clientBusy = [],
          serverBusy = [],
        } = figures.get(name) ?? {};
        rows.push({
          ...conditions,
          stack: name,
          [`${unitOf(endpoint)}/s`]: Math.round(median(perSecond)),
          "CPU µs each": median(cpuUs).toFixed(1),
          "of the server": median(serverCpuUs).toFixed(1),
          "cores busy": `${percent(clientBusy)} + ${percent(serverBusy)} %`,
          ...ratios(name, runners[0]?.name, goals),
        });
      }
      for (const { of, to, goals } of further)
        rows.push({ ...conditions, stack: `${of} : ${to}`, ...ratios(of, to, goals) });
    }
    return rows;
  } finally {
    for (const { workers } of lanes) for (const worker of workers) worker.stop();
  }
}

/** The processes of one runner. */
interface Lane {
  readonly name: string;
  readonly client: Worker;
  readonly server: Worker;
  readonly behind: Worker | undefined;
  readonly workers: readonly Worker[];
}

function openLane({ name, client, server, behind }: Runner): Lane {
  const lane = {
    name,
    client: start("client", client, 0),
    server: start("server", server, 1),
    behind: behind === undefined ? undefined : start("server", behind, 0),
  };
  return { ...lane, workers: [lane.client, lane.server, ...(lane.behind ? [lane.behind] : [])] };
}

async function measure(
  lanes: readonly Lane[],
  endpoint: Endpoint,
  inFlight: number,
  { rounds = 5, roundMs = 500, warmUpMs = 2_000 }: Race,
): Promise<Map<string, Figures>> {
  const figures = new Map<string, Figures>();
  for (const { name } of lanes)
    figures.set(name, { perSecond: [], cpuUs: [], serverCpuUs: [], clientBusy: [], serverBusy: [] });
  for (let round = -1; round < rounds; round++) {
    const order = [...lanes];
    for (const lane of round % 2 ? order : order.reverse()) {
      const before = await look(lane);
      const ms = round < 0 ? warmUpMs : roundMs;
      const result = await lane.client.ask<Result>({ address: before.address, endpoint, inFlight, ms });
      const after = await look(lane);
      if (round < 0) continue;
      const serverUs = after.serverUs - before.serverUs;
      const ofLane = figures.get(lane.name);
      ofLane?.perSecond.push((result.replies * 1000) / result.ms);
      const clientUs = result.cpuUs + after.behindUs - before.behindUs;
      ofLane?.cpuUs.push((clientUs + serverUs) / result.replies);
      ofLane?.clientBusy.push(clientUs / (result.ms * 1_000));
      ofLane?.serverCpuUs.push(serverUs / result.replies);
      ofLane?.serverBusy.push(serverUs / (result.ms * 1_000));
    }
  }
  return figures;
}

/** Where the server of a lane listens, and the CPU time that it and what is behind it have used so far. */
async function look({ server, behind }: Lane): Promise<{ address: string; serverUs: number; behindUs: number }> {
  const back = await behind?.ask<{ address: string; cpuUs: number }>({});
  const { address, cpuUs } = await server.ask<{ address: string; cpuUs: number }>({ behind: back?.address });
  return { address, serverUs: cpuUs, behindUs: back?.cpuUs ?? 0 };
}

function ratioColumns(ours: readonly number[], theirs: readonly number[], goal: number | undefined): Row {
  const ratios = ours.map((figure, round) => figure / (theirs[round] ?? 1));
  return {
    ratio: median(ratios).toFixed(2),
    "min–max": `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
    goal: goalOf(median(ratios), goal),
  };
}

function percent(shares: readonly number[]): number {
  return Math.round(100 * median(shares));
}

function perSecondOf(figures: ReadonlyMap<string, Figures>, name = ""): readonly number[] {
  return figures.get(name)?.perSecond ?? [];
}

function unitOf(endpoint: Endpoint): string {
  if (endpoint === "get" || endpoint === "post") return "requests";
  return endpoint === "stream" ? "messages" : "calls";
}

function start(side: "server" | "client", stack: string, core: number): Worker {
  return stack.startsWith("go ") ? startGoWorker(stack, side, core) : startWorker(`./${side}.js`, [stack], core);
}
