import { describe, expect, it } from "vitest";
import { type Fleet, type FleetOptions, testFleet } from "../src/index.ts";
import { Jobs } from "./jobs.ts";

const srv = "go.micro.srv.jobs";

function jobs(fleet: Fleet, ran: string[] = []) {
  const by = `node ${ran.length}`;
  return fleet.service({ name: srv }).handle(Jobs, {
    look: ({ id }) => ({ id, by }),
    run: ({ id }) => {
      ran.push(id);
      return { id, by };
    },
    async *chat(requests) {
      for await (const { id } of requests) yield { id, by };
    },
  });
}

/** A scenario with everything in it that is left to chance. */
async function busy(options: FleetOptions): Promise<string> {
  await using fleet = testFleet(options);
  await fleet.run(async () => {
    const nodes = [jobs(fleet), jobs(fleet), jobs(fleet)];
    for (const node of nodes) await node.start();
    const { look } = fleet.service({ name: "go.micro.cli" }).client(Jobs, srv);
    fleet.network.faults({ delayMs: [1, 30], dropRate: 0.05, duplicateRate: 0.05, resetRate: 0.02, refuseRate: 0.1 });
    const [first] = nodes;
    for (let call = 0; call < 50; call++) {
      await look({ id: String(call) }, { timeoutMs: 500, retries: 2 }).catch(() => undefined);
      if (call === 20 && first) fleet.crash(first);
      await fleet.sleep(fleet.random.between(0, 1_000));
    }
  });
  return fleet.traceText(10_000);
}

describe("a fleet", () => {
  it("is services that find and call each other in no time at all", async () => {
    await using fleet = testFleet();
    await jobs(fleet).start();
    const { look } = fleet.service({ name: "go.micro.cli" }).client(Jobs, srv);
    expect(await look({ id: "7" })).toEqual({ id: "7", by: "node 0" });
  });

  it("does the same again for the same seed, and something else for another", async () => {
    const once = await busy({ seed: 3 });
    expect(await busy({ seed: 3 })).toBe(once);
    expect(await busy({ seed: 4 })).not.toBe(once);
  });

  it("lets an hour pass while nobody waits for a second", async () => {
    await using fleet = testFleet();
    await jobs(fleet).start();
    await fleet.sleep(3_600_000);
    expect(fleet.elapsedMs).toBeGreaterThanOrEqual(3_600_000);
    expect(await fleet.service({ name: "go.micro.cli" }).registry.listServices()).toHaveLength(1);
  });
});
