import type { CallOptions, Service } from "@micro/core";
import type { Fleet, FleetServiceOptions } from "../src/index.ts";
import { Jobs } from "./jobs.ts";

export const srv = "go.micro.srv.jobs";

/** Nodes that do jobs, and one that has them done. */
export interface JobsFleet {
  readonly nodes: readonly Service[];
  readonly caller: Service;
  /** How often each job ran, by its id. */
  readonly ran: ReadonlyMap<string, number>;
  /** Another node, started. */
  add(): Promise<Service>;
}

export interface JobsOptions {
  nodes?: number;
  /** How long a job takes at most, in milliseconds. */
  workMs?: number;
  /** What the caller says about itself. */
  caller?: Partial<FleetServiceOptions>;
}

/** Three nodes and a caller, unless told otherwise. Each job takes a while, by chance. */
export async function jobsFleet(
  fleet: Fleet,
  { nodes = 3, workMs = 20, caller = {} }: JobsOptions = {},
): Promise<JobsFleet> {
  const ran = new Map<string, number>();
  let count = 0;
  async function add(): Promise<Service> {
    const by = `node ${++count}`;
    const service = fleet.service({ name: srv }).handle(Jobs, {
      look: ({ id }) => ({ id, by }),
      async run({ id }) {
        ran.set(id, (ran.get(id) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * workMs));
        return { id, by };
      },
      async *chat(requests) {
        for await (const { id } of requests) yield { id, by };
      },
    });
    await service.start();
    return service;
  }
  const all: Service[] = [];
  while (all.length < nodes) all.push(await add());
  return { nodes: all, caller: fleet.service({ name: "go.micro.cli", ...caller }), ran, add };
}

/** What became of many calls. */
export interface Outcomes {
  /** Who answered, by the id of the job. */
  readonly answered: ReadonlyMap<string, string>;
  /** Why not, by the id of the job. */
  readonly failed: ReadonlyMap<string, Error>;
}

/** Calls one after another, a moment apart by chance, without waiting for their answers, and gives what became of them all. */
export async function callMany(
  fleet: Fleet,
  caller: Service,
  how: "look" | "run",
  { calls = 40, everyMs = 50, options = {} }: { calls?: number; everyMs?: number; options?: CallOptions } = {},
): Promise<Outcomes> {
  const client = caller.client(Jobs, srv);
  const answered = new Map<string, string>();
  const failed = new Map<string, Error>();
  const under: Promise<void>[] = [];
  for (let call = 0; call < calls; call++) {
    const id = `${how} ${call}`;
    const outcome = client[how]({ id }, options).then(
      ({ by }) => void answered.set(id, by),
      (reason: Error) => void failed.set(id, reason),
    );
    under.push(outcome);
    await fleet.sleep(fleet.random.between(0, everyMs));
  }
  await Promise.all(under);
  return { answered, failed };
}
