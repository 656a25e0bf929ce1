import { fileURLToPath } from "node:url";
import { closeStack } from "@micro/core";
import { type RunningProcess, spawnNode, startEtcd, type Tally } from "@micro/testbed";

export interface RestartOptions {
  /** How often one of the three is ended and started again. */
  times: number;
  perSecond: number;
  /** How each is ended: asked to stop under calls that must not run twice, or killed under calls that may. */
  by: "SIGTERM" | "SIGKILL";
}

export interface RestartReport extends Tally {
  readonly restarts: number;
  /** Calls that handlers ran: as many as were made when none was lost and none ran twice. Unknown of those that were killed. */
  readonly ran: number | undefined;
  /** The longest that a call took, in milliseconds; its handler takes 20 of them. */
  readonly slowestMs: number;
}

const holdMs = 20;
const registerTimes = ["--register_ttl=6", "--register_interval=2"];

/** Three copies on etcd, called by a process of its own while one after the other is ended and started again. */
export async function restarts({ times, perSecond, by }: RestartOptions): Promise<RestartReport> {
  await using etcd = await startEtcd();
  await using fleet = closeStack();
  const registry = ["--registry=etcd", `--registry_address=${etcd.addresses[0]}`];
  const ended: RunningProcess[] = [];

  async function startCopy(): Promise<RunningProcess> {
    const args = [...registry, ...registerTimes, "--server_address=127.0.0.1:0"];
    const copy = await startOurs("service", args);
    fleet.defer(async () => void (await copy.stop()));
    await copy.waitForLine(/Registering node/, { timeoutMs: 30_000 });
    return copy;
  }

  const copies = [await startCopy(), await startCopy(), await startCopy()];
  const method = by === "SIGTERM" ? "do" : "look";
  const caller = await startOurs("caller", [method, String(perSecond), String(holdMs), ...registry]);
  fleet.defer(async () => void (await caller.stop()));
  await madeMore(caller, perSecond);

  for (let turn = 0; turn < times; turn++) {
    const place = turn % copies.length;
    const leaving = copies[place] as RunningProcess;
    leaving.signal(by);
    const exit = await leaving.exited;
    if (by === "SIGTERM" && exit.code !== 0)
      throw new Error(`copy ${turn} ended with ${exit.signal ?? exit.code} after SIGTERM:\n${leaving.output()}`);
    ended.push(leaving);
    copies[place] = await startCopy();
    await madeMore(caller, perSecond / 2);
  }

  await caller.stop({ graceMs: 20_000 });
  const said = /^tally (.*)$/m.exec(caller.output())?.[1];
  if (said === undefined) throw new Error(`the caller ended without a tally:\n${caller.output().slice(-2_000)}`);
  const tally = JSON.parse(said) as Tally & { slowestMs: number };
  for (const copy of copies) await copy.stop({ graceMs: 20_000 });
  const ran = by === "SIGTERM" ? [...ended, ...copies].reduce((sum, copy) => sum + callsRunBy(copy), 0) : undefined;
  return { restarts: times, ran, ...tally };
}

function startOurs(program: "service" | "caller", args: readonly string[]): Promise<RunningProcess> {
  const file = fileURLToPath(new URL(`../dist/${program}.js`, import.meta.url));
  return spawnNode(file, args, { name: program });
}

/** Waits until the caller has begun so many further calls: time told by the work done in it. */
async function madeMore(caller: RunningProcess, calls: number): Promise<void> {
  const made = (): number => Number(/made (\d+) failed \d+\n$/.exec(caller.output())?.[1] ?? 0);
  const target = made() + calls;
  while (made() < target) {
    if (!caller.running) throw new Error(`the caller has ended:\n${caller.output().slice(-2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function callsRunBy(copy: RunningProcess): number {
  const said = /^ran (\d+) calls$/m.exec(copy.output())?.[1];
  if (said === undefined) throw new Error(`a copy ended without saying what it ran:\n${copy.output().slice(-2_000)}`);
  return Number(said);
}
