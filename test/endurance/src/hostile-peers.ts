import { fileURLToPath } from "node:url";
import {
  createClient,
  grpc,
  MicroError,
  memoryRegistry,
  mucp,
  type Registry,
  registrySelector,
  type TypedClient,
} from "@micro/core";
import { spawnNode } from "@micro/testbed";
import { type Holding, Work } from "./gen/work.ts";
import { held } from "./held.ts";
import type { Peer } from "./peers.ts";

/** How the calls of one peer ended, counted: `reply`, or the code of the error. */
export type Outcomes = Record<string, number>;

export interface HostileReport {
  readonly seconds: number;
  readonly made: number;
  /** By protocol and manner of the peer. */
  readonly outcomes: Readonly<Record<string, Outcomes>>;
  /** Calls that rejected with something else than a `MicroError`. */
  readonly strange: readonly string[];
  /** Errors of calls to the peers that mean well, but for those that were out of time. */
  readonly unanswered: readonly string[];
  /** Calls that ended more than five seconds after their deadline, which is no longer a busy machine. */
  readonly late: readonly string[];
  /** Calls that had not ended twenty seconds after their deadline. */
  readonly hung: readonly string[];
  /** The longest that a call took beyond its deadline, in milliseconds. */
  readonly latestMs: number;
  readonly before: Holding;
  readonly after: Holding;
}

type Calls = TypedClient<(typeof Work)["methods"]>;

const timeoutMs = 250;
const pauseMs = 300;
const slackMs = 5_000;
const hangMs = 20_000;

/**
 * Calls peers of every manner at once, unary and streaming, alone and among good ones, and compares what is left over
 * after a warm-up with what is left over at the end.
 */
export async function hostilePeers({ seconds }: { seconds: number }): Promise<HostileReport> {
  const file = fileURLToPath(new URL("../dist/peers.js", import.meta.url));
  await using program = await spawnNode(file, [], { name: "peers" });
  const peers = JSON.parse((await program.waitForLine(/^peers /, { timeoutMs: 30_000 })).slice(6)) as Peer[];
  const tally = newTally();
  const warmUp = newTally();
  await callFor(Math.min(60, Math.max(3, seconds / 4)), peers, warmUp);
  const before = await held();
  await callFor(seconds, peers, tally);
  const after = await held();
  return {
    seconds,
    ...tally,
    strange: [...warmUp.strange, ...tally.strange],
    unanswered: [...warmUp.unanswered, ...tally.unanswered],
    late: [...warmUp.late, ...tally.late],
    hung: [...warmUp.hung, ...tally.hung],
    before,
    after,
  };
}

interface Tally {
  made: number;
  readonly outcomes: Record<string, Outcomes>;
  readonly strange: string[];
  readonly unanswered: string[];
  readonly late: string[];
  readonly hung: string[];
  latestMs: number;
}

function newTally(): Tally {
  return { made: 0, outcomes: {}, strange: [], unanswered: [], late: [], hung: [], latestMs: 0 };
}

/** Everything is opened, used and closed again, so that what is left afterwards was forgotten by somebody. */
async function callFor(seconds: number, peers: readonly Peer[], tally: Tally): Promise<void> {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [grpc, mucp], timeoutMs });
  for (const [index, peer] of peers.entries()) {
    await join(registry, `peer-${index}`, peer, index);
    await join(registry, "everybody", peer, index);
  }
  const targets = peers.map(({ manner, protocol }, index) => ({
    kind: `${protocol} ${manner}`,
    work: client.of(Work, `peer-${index}`),
  }));
  targets.push({ kind: "one of all of them", work: client.of(Work, "everybody") });
  const end = performance.now() + seconds * 1_000;
  await Promise.all(
    targets.map(async ({ kind, work }) => {
      while (performance.now() < end) {
        await Promise.all([
          ...[0, 1, 2].map((number) => settle(kind, tally, () => unary(work, number))),
          settle(`${kind}, stream`, tally, () => stream(work)),
        ]);
        // The peers that fail at once would otherwise have all calls for themselves, and all of the system's ports:
        // each connection that we end holds on to one for a minute.
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }),
  );
  await client.close();
  await selector.close();
  await registry.close();
}

async function unary(work: Calls, number: number): Promise<void> {
  const task = { number: BigInt(number), text: number === 1 ? "x".repeat(200_000) : "" };
  await (number === 2 ? work.do(task) : work.look(task));
}

async function stream(work: Calls): Promise<void> {
  for await (const _ of work.count({ ms: 3 }, { timeoutMs }));
}

/** Counts how one call ended; never rejects and never waits for ever. */
async function settle(kind: string, tally: Tally, call: () => Promise<void>): Promise<void> {
  tally.made++;
  const began = performance.now();
  let giveUp: NodeJS.Timeout | undefined;
  const hang = new Promise<string>((resolve) => {
    giveUp = setTimeout(() => resolve("hung"), timeoutMs + hangMs);
  });
  const outcome = await Promise.race([outcomeOf(kind, call, tally), hang]);
  clearTimeout(giveUp);
  tally.outcomes[kind] ??= {};
  const outcomes = tally.outcomes[kind];
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const beyondMs = performance.now() - began - timeoutMs;
  tally.latestMs = Math.max(tally.latestMs, Math.round(beyondMs));
  if (outcome === "hung") keep(tally.hung, kind);
  else if (beyondMs > slackMs) keep(tally.late, `${kind}: ${outcome} ${Math.round(beyondMs)} ms after its deadline`);
}

async function outcomeOf(kind: string, call: () => Promise<void>, tally: Tally): Promise<string> {
  try {
    await call();
    return "reply";
  } catch (reason) {
    if (reason instanceof MicroError) {
      if (/^\w+ answers(, stream)?$/.test(kind) && reason.code !== 408)
        keep(tally.unanswered, `${kind}: ${reason.message}`);
      return String(reason.code);
    }
    keep(tally.strange, reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
    return "strange";
  }
}

function keep(list: string[], text: string): void {
  if (list.length < 20) list.push(text);
}

async function join(registry: Registry, name: string, { address, protocol }: Peer, index: number): Promise<void> {
  const node = { id: `${name}-${index}`, address, metadata: { protocol } };
  await registry.register({ name, version: "latest", metadata: {}, endpoints: [], nodes: [node] });
}
