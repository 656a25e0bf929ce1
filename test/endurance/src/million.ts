import { fileURLToPath } from "node:url";
import {
  type Client,
  createClient,
  grpc,
  memoryRegistry,
  type Registry,
  registrySelector,
  type ServiceRecord,
  type TypedClient,
} from "@micro/core";
import { freePort, spawnNode } from "@micro/testbed";
import { type Holding, Work } from "./gen/work.ts";
import { held } from "./held.ts";

export interface MillionOptions {
  calls: number;
  streams: number;
  /** Nodes that join and leave while calls are made. */
  changes: number;
}

/** What both processes held before and after some work, which followed a warm-up of the same kind. */
export interface Grown {
  readonly made: number;
  /** Calls and streams that did not give what they should. */
  readonly failed: number;
  readonly reasons: readonly string[];
  readonly client: { readonly before: Holding; readonly after: Holding };
  readonly server: { readonly before: Holding; readonly after: Holding };
}

export interface MillionReport {
  readonly calls: Grown;
  readonly streams: Grown;
  readonly churn: Grown;
}

const name = "go.micro.srv.endurance";
const lanes = 64;
const repliesAStream = 5;

/** Calls, then streams, then calls while the registry changes, each to a server in a process of its own. */
export async function million({ calls, streams, changes }: MillionOptions): Promise<MillionReport> {
  const address = `127.0.0.1:${await freePort()}`;
  const file = fileURLToPath(new URL("../dist/service.js", import.meta.url));
  await using server = await spawnNode(file, ["--registry=memory", `--server_address=${address}`], {
    name: "service",
    nodeArgs: ["--expose-gc"],
  });
  await server.waitForLine(/Registering node/, { timeoutMs: 30_000 });
  const registry = memoryRegistry();
  await registry.register(recordOf(address, [0]));
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [grpc], timeoutMs: 60_000 });
  const work = client.of(Work, name);

  const report = {
    calls: await grown(work, calls, (number) => call(work, number)),
    streams: await grown(work, streams, (number) => stream(work, number)),
    churn: await grown(work, changes, (number) => change(registry, client, work, address, number)),
  };
  await client.close();
  await selector.close();
  await registry.close();
  return report;
}

type Calls = TypedClient<(typeof Work)["methods"]>;

async function call(work: Calls, number: number): Promise<void> {
  const reply = await work.look({ number: BigInt(number), text: "a text of some forty characters, no more" });
  if (reply.number !== BigInt(number)) throw new Error(`call ${number} got the reply of ${reply.number}`);
}

async function stream(work: Calls, number: number): Promise<void> {
  let next = BigInt(number);
  for await (const reply of work.count({ number: BigInt(number), ms: repliesAStream - 1 })) {
    if (reply.number !== next++) throw new Error(`stream ${number} got ${reply.number}`);
    if (number % 10 === 0) return; // some are left early
  }
  if (next !== BigInt(number + repliesAStream)) throw new Error(`stream ${number} ended before ${next}`);
}

/**
 * A node joins and the one that joined a hundred changes ago leaves, and a call is made. Now and then a service comes
 * and goes; seldom, since the client keeps an eye on each that it has called for ten minutes.
 */
async function change(registry: Registry, client: Client, work: Calls, address: string, number: number): Promise<void> {
  await registry.register(recordOf(address, [number + 1]));
  if (number >= 100) await registry.deregister(recordOf(address, [number - 99]));
  await call(work, number);
  if (number % 1_000 !== 0) return;
  const passing = { ...recordOf(address, [number]), name: `go.micro.srv.passing-${number}` };
  await registry.register(passing);
  await call(client.of(Work, passing.name), number);
  await registry.deregister(passing);
}

/** Does the work on many lanes at once, and weighs both processes after a tenth more of it, done first. */
async function grown(work: Calls, total: number, one: (number: number) => Promise<void>): Promise<Grown> {
  const tally = { made: 0, failed: 0, reasons: [] as string[] };
  const run = async (from: number, to: number): Promise<void> => {
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < to) {
        const number = next++;
        tally.made++;
        try {
          await one(number);
        } catch (reason) {
          tally.failed++;
          if (tally.reasons.length < 10) tally.reasons.push(String(reason));
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  const warmUp = Math.min(Math.ceil(total / 10), 50_000);
  await run(0, warmUp);
  const weigh = async () => ({ server: await work.held({}), client: await held() });
  const before = await weigh();
  await run(warmUp, warmUp + total);
  const after = await weigh();
  return {
    ...tally,
    client: { before: before.client, after: after.client },
    server: { before: before.server, after: after.server },
  };
}

function recordOf(address: string, numbers: readonly number[]): ServiceRecord {
  const nodes = numbers.map((number) => ({ id: `${name}-${number}`, address, metadata: { protocol: "grpc" } }));
  return { name, version: "latest", metadata: {}, endpoints: [], nodes };
}
