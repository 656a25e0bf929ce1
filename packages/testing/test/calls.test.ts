import { describe, expect, it } from "vitest";
import { explore, type Fleet } from "../src/index.ts";
import { callMany, jobsFleet, srv } from "./jobs-fleet.ts";

/** Does something once, at a moment by chance within the next two seconds. */
function soon(fleet: Fleet, action: () => unknown): Promise<unknown> {
  return fleet.sleep(fleet.random.between(0, 2_000)).then(action);
}

// Many seeds take a while on a busy machine.
describe("calls under faults", { timeout: 120_000 }, () => {
  it("lose none that may run twice when one of three nodes is killed", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [1, 40] });
      const [first] = nodes;
      const crash = soon(fleet, () => first && fleet.crash(first));
      const { failed } = await callMany(fleet, caller, "look");
      await crash;
      expect([...failed]).toEqual([]);
    }));

  it("lose none that may run twice when a node is cut off before anybody is connected to it", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [1, 40] });
      fleet.network.isolate(...nodes.slice(0, 1));
      const { failed } = await callMany(fleet, caller, "look");
      expect([...failed]).toEqual([]);
    }));

  it("lose none that may run twice when a node is cut off under an open connection", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [1, 40] });
      const cut = soon(fleet, () => fleet.network.isolate(...nodes.slice(0, 1)));
      const { failed } = await callMany(fleet, caller, "look");
      await cut;
      expect([...failed]).toEqual([]);
    }));

  it("lose none that may run twice at a node cut off under an open connection when a second node is asked meanwhile", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet, { caller: { hedge: { delayMs: 200 } } });
      fleet.network.faults({ delayMs: [1, 40] });
      const cut = soon(fleet, () => fleet.network.isolate(...nodes.slice(0, 1)));
      const { failed } = await callMany(fleet, caller, "look");
      await cut;
      expect([...failed]).toEqual([]);
    }));

  it("run no job twice that may run once, whatever happens short of duplicates", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller, ran } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [0, 60], dropRate: 0.05, resetRate: 0.05, refuseRate: 0.2 });
      const [first, second, third] = nodes;
      const trouble = [
        soon(fleet, () => first && fleet.crash(first)),
        soon(fleet, () => second && fleet.network.partition([second], [caller])),
        soon(fleet, () => third?.stop()),
        soon(fleet, () => fleet.network.heal()),
      ];
      const { answered } = await callMany(fleet, caller, "run", { options: { retries: 4, timeoutMs: 1_000 } });
      await Promise.all(trouble);
      expect([...ran].filter(([, times]) => times > 1)).toEqual([]);
      expect([...answered.keys()].filter((id) => ran.get(id) !== 1)).toEqual([]);
    }));

  it("run a job twice when the network sends it twice", async () => {
    let twice = 0;
    await explore({ seeds: 10 }, async (fleet) => {
      const { caller, ran } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [1, 40], duplicateRate: 0.2 });
      const { failed } = await callMany(fleet, caller, "run");
      expect([...failed]).toEqual([]);
      twice += [...ran.values()].filter((times) => times === 2).length;
    });
    expect(twice).toBeGreaterThan(0);
  });

  it("lose none and run each once while nodes are replaced one by one", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller, ran, add } = await jobsFleet(fleet, { workMs: 2_000 });
      fleet.network.faults({ delayMs: [1, 60] });
      const calling = callMany(fleet, caller, "run", { calls: 100 });
      for (const node of nodes) {
        await fleet.sleep(fleet.random.between(0, 300));
        await add();
        await node.stop();
      }
      const { failed } = await calling;
      expect([...failed]).toEqual([]);
      expect([...ran.values()].every((times) => times === 1)).toBe(true);
    }));

  it("reach a node again that was cut off until its record had expired, once the network is whole", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      fleet.network.faults({ delayMs: [1, 40] });
      await callMany(fleet, caller, "look", { calls: 5 });
      const mend = fleet.network.isolate(...nodes.slice(0, 1));
      await fleet.sleep(90_000);
      const nodesOf = async () => (await caller.registry.getService(srv)).flatMap((record) => record.nodes).length;
      expect(await nodesOf()).toBe(2);
      mend();
      await fleet.sleep(30_000);
      expect(await nodesOf()).toBe(3);
      const { answered, failed } = await callMany(fleet, caller, "look", { calls: 12 });
      expect([...failed]).toEqual([]);
      expect(new Set(answered.values()).size).toBe(3);
    }));

  it("find no node of a killed process once its record has expired", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { nodes, caller } = await jobsFleet(fleet);
      await callMany(fleet, caller, "look", { calls: 5 });
      const [first] = nodes;
      if (first) fleet.crash(first);
      const known = async () => (await caller.registry.getService(srv)).flatMap((record) => record.nodes).length;
      expect(await known()).toBe(3);
      await fleet.sleep(61_000);
      expect(await known()).toBe(2);
    }));

  it("go on with the last known nodes while the registry is away", () =>
    explore({ seeds: 100 }, async (fleet) => {
      const { caller } = await jobsFleet(fleet);
      await callMany(fleet, caller, "look", { calls: 5 });
      fleet.network.isolate(fleet.registry);
      await fleet.sleep(fleet.random.between(0, 300_000));
      const { failed } = await callMany(fleet, caller, "look");
      expect([...failed]).toEqual([]);
    }));
});
