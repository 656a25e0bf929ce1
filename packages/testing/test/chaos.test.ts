import type { Service } from "@micro/core";
import { describe, expect, it } from "vitest";
import { explore, type Fleet } from "../src/index.ts";
import { Jobs } from "./jobs.ts";
import { callMany, jobsFleet, srv } from "./jobs-fleet.ts";

const pick = <T>(fleet: Fleet, all: readonly T[]): T | undefined => all[fleet.random.between(0, all.length - 1)];

/** Twenty things that happen to a fleet, a moment apart. Gives the nodes that run at the end. */
async function mayhem(
  fleet: Fleet,
  caller: Service,
  nodes: readonly Service[],
  add: () => Promise<Service>,
): Promise<Service[]> {
  let running = [...nodes];
  const everybody = (): readonly (Service | Fleet["registry"])[] => [...running, caller, fleet.registry];
  const troubles: (() => unknown)[] = [
    () => {
      const victim = pick(fleet, running);
      if (!victim || running.length < 2) return;
      fleet.crash(victim);
      running = running.filter((each) => each !== victim);
    },
    async () => {
      const newcomer = await add();
      running.push(newcomer);
    },
    async () => {
      const leaver = pick(fleet, running);
      if (!leaver || running.length < 2) return;
      running = running.filter((each) => each !== leaver);
      await leaver.stop().catch(() => undefined); // the registry may be out of reach
    },
    () => {
      const one = pick(fleet, everybody());
      const other = pick(fleet, everybody());
      if (one && other && one !== other) fleet.network.partition([one], [other], { oneWay: fleet.random.chance(0.3) });
    },
    () => fleet.network.heal(),
    async () => {
      const sleeper = pick(fleet, running);
      if (!sleeper) return;
      fleet.pause(sleeper);
      await fleet.sleep(fleet.random.between(0, 5_000));
      fleet.resume(sleeper);
    },
    () =>
      fleet.network.faults({
        delayMs: [0, fleet.random.between(0, 200)],
        dropRate: fleet.random.next() / 10,
        resetRate: fleet.random.next() / 10,
        refuseRate: fleet.random.next() / 2,
      }),
    () =>
      fleet.network.faults(
        { delayMs: [0, 300], dropRate: 0.1, resetRate: 0.1, duplicateRate: 0.1 },
        pick(fleet, [fleet.registry, fleet.broker]),
      ),
  ];
  const started: unknown[] = [];
  for (let turn = 0; turn < 20; turn++) {
    await fleet.sleep(fleet.random.between(0, 3_000));
    started.push(pick(fleet, troubles)?.());
  }
  await Promise.all(started);
  return running;
}

// Many seeds take a while on a busy machine.
describe("a fleet in which everything goes wrong", { timeout: 120_000 }, () => {
  it("settles each call by its deadline, runs none twice, and is whole again when the network is", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller, ran, add } = await jobsFleet(fleet);
      const { run, look } = caller.client(Jobs, srv);
      let over = false;
      const late: string[] = [];
      const calling = (async () => {
        const under: Promise<void>[] = [];
        for (let n = 0; !over; n++) {
          const call = n % 2 === 0 ? run : look;
          const startMs = fleet.elapsedMs;
          const settled = (): void => {
            if (fleet.elapsedMs - startMs > 2_000) late.push(`call ${n} took ${fleet.elapsedMs - startMs} ms`);
          };
          under.push(call({ id: String(n) }, { timeoutMs: 2_000, retries: 3 }).then(settled, settled));
          await fleet.sleep(fleet.random.between(0, 300));
        }
        await Promise.all(under);
      })();

      const running = await mayhem(fleet, caller, nodes, add);
      over = true;
      await calling;
      expect(late).toEqual([]);
      expect([...ran].filter(([, times]) => times > 1)).toEqual([]);

      fleet.network.heal();
      fleet.network.faults({});
      fleet.network.faults({}, fleet.registry);
      await fleet.sleep(100_000);
      const known = (await caller.registry.getService(srv)).flatMap((record) => record.nodes);
      expect(known).toHaveLength(running.length);
      const { answered, failed } = await callMany(fleet, caller, "look", { calls: 4 * running.length });
      expect([...failed]).toEqual([]);
      expect(new Set(answered.values()).size).toBe(running.length);
    }));

  it("carries what a stream carries in order and once, as far as it gets", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [0, 50], dropRate: 0.005, resetRate: 0.005, duplicateRate: 0.1 });
      const { chat } = caller.client(Jobs, srv);
      const [first] = nodes;
      const crash = fleet.sleep(fleet.random.between(0, 2_000)).then(() => first && fleet.crash(first));
      async function* requests() {
        for (let n = 0; n < 50; n++) yield { id: String(n) };
      }
      const heard: string[] = [];
      try {
        for await (const { id } of chat(requests(), { timeoutMs: 10_000 })) heard.push(id);
        expect(heard).toHaveLength(50);
      } catch (reason) {
        expect(reason).toMatchObject({ code: expect.toBeOneOf([408, 503]) });
      }
      await crash;
      expect(heard).toEqual(heard.map((_, n) => String(n)));
    }));
});
