import { describe, expect, it } from "vitest";
import { explore, SeedFailure, testFleet } from "../src/index.ts";
import { Jobs } from "./jobs.ts";
import { jobsFleet, srv } from "./jobs-fleet.ts";

/** One node, and how the caller's calls of it end: in how many virtual milliseconds, with what. */
async function one() {
  const fleet = testFleet();
  const { nodes, caller, ran } = await jobsFleet(fleet, { nodes: 1, workMs: 0 });
  const [node] = nodes;
  if (!node) throw new Error("the fleet has no node");
  const client = caller.client(Jobs, srv);
  await client.look({ id: "first" }); // connects
  async function call(how: "look" | "run" = "run", timeoutMs = 3_000) {
    const startMs = fleet.elapsedMs;
    const outcome = await client[how]({ id: "x" }, { retries: 0, timeoutMs }).catch((reason: unknown) => reason);
    return { outcome, ms: fleet.elapsedMs - startMs };
  }
  return { fleet, node, caller, ran, call };
}

describe("a fault", () => {
  it("delays each message by the milliseconds given", async () => {
    const { fleet, call } = await one();
    await using _ = fleet;
    fleet.network.faults({ delayMs: 250 });
    expect((await call("look")).ms).toBe(500);
  });

  it("drops a message, of which the caller hears nothing until its deadline", async () => {
    const { fleet, call } = await one();
    await using _ = fleet;
    fleet.network.faults({ dropRate: 1 });
    expect(await call()).toEqual({ outcome: expect.objectContaining({ code: 408 }), ms: 3_000 });
  });

  it("breaks the connection, after which nobody knows whether the call ran", async () => {
    const { fleet, node, caller, ran, call } = await one();
    await using _ = fleet;
    fleet.network.faults({ resetRate: 1 }, { from: caller, to: node });
    expect((await call()).outcome).toMatchObject({ code: 503, unprocessed: false, answered: false });
    expect(ran.get("x")).toBeUndefined();
    fleet.network.faults({});
    fleet.network.faults({ resetRate: 1 }, { from: node, to: caller });
    expect((await call()).outcome).toMatchObject({ code: 503, unprocessed: false, answered: false });
    expect(ran.get("x")).toBe(1);
  });

  it("refuses connections, after which the call surely did not run", async () => {
    const { fleet, node, caller, ran, call } = await one();
    await using _ = fleet;
    fleet.network.faults({ resetRate: 1 });
    await call();
    fleet.network.faults({ refuseRate: 1 }, { from: caller, to: node });
    expect((await call()).outcome).toMatchObject({ code: 503, unprocessed: true });
    expect(ran.size).toBe(0);
  });

  it("runs the handler twice for a request that is duplicated, and answers once", async () => {
    const { fleet, node, caller, ran, call } = await one();
    await using _ = fleet;
    fleet.network.faults({ duplicateRate: 1 }, { from: caller, to: node });
    expect((await call()).outcome).toEqual({ id: "x", by: "node 1" });
    await fleet.sleep(10);
    expect(ran.get("x")).toBe(2);
  });

  it("is refused when it cannot be meant", async () => {
    await using fleet = testFleet();
    expect(() => fleet.network.faults({ dropRate: 5 })).toThrow("dropRate is 5; expected a share from 0 to 1");
    expect(() => fleet.network.faults({ delayMs: [9, 1] })).toThrow("delayMs is [9,1]");
  });
});

describe("a partition", () => {
  it("silences an open connection, and holds up a new one until its timeout", async () => {
    const { fleet, node, caller, call } = await one();
    await using _ = fleet;
    const heal = fleet.network.partition([caller], [node]);
    expect(await call()).toEqual({ outcome: expect.objectContaining({ code: 408 }), ms: 3_000 });
    fleet.crash(node);
    heal();
    await call(); // hears of the end of the connection
    fleet.network.partition([caller], [node]);
    expect(await call()).toEqual({ outcome: expect.objectContaining({ code: 503, unprocessed: true }), ms: 1_000 });
  });

  it("lets the handler run where only the way back is cut", async () => {
    const { fleet, node, caller, ran, call } = await one();
    await using _ = fleet;
    fleet.network.partition([node], [caller], { oneWay: true });
    expect((await call()).outcome).toMatchObject({ code: 408 });
    expect(ran.get("x")).toBe(1);
    fleet.network.heal();
    expect((await call("look")).outcome).toEqual({ id: "x", by: "node 1" });
  });
});

describe("a process", () => {
  it("that is killed breaks its calls at once and refuses new ones, while its record stays", async () => {
    const { fleet, node, caller, call } = await one();
    await using _ = fleet;
    const waiting = fleet.run(() => call());
    fleet.crash(node);
    expect((await waiting).outcome).toMatchObject({ code: 503, unprocessed: false });
    expect((await call()).outcome).toMatchObject({ code: 503, unprocessed: true });
    expect(await caller.registry.getService(srv)).toHaveLength(1);
    await fleet.sleep(60_000);
    expect(await caller.registry.getService(srv)).toHaveLength(0);
  });

  it("that is killed does nothing after its next wait", async () => {
    await using fleet = testFleet();
    let finished = false;
    const doomed = fleet.service({ name: srv }).handle(Jobs, {
      look: async ({ id }) => {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        finished = true;
        return { id, by: "" };
      },
      run: ({ id }) => ({ id, by: "" }),
      async *chat() {
        yield { id: "", by: "" };
      },
    });
    await doomed.start();
    const { look } = fleet.service({ name: "go.micro.cli" }).client(Jobs, srv);
    await fleet.run(async () => {
      const outcome = look({ id: "1" }, { retries: 0 }).catch((reason: unknown) => reason);
      await fleet.sleep(500);
      fleet.crash(doomed);
      expect(await outcome).toMatchObject({ code: 503 });
      await fleet.sleep(5_000);
    });
    expect(finished).toBe(false);
  });

  it("that is paused answers late", async () => {
    const { fleet, node, call } = await one();
    await using _ = fleet;
    fleet.pause(node);
    await fleet.run(async () => {
      const answer = call();
      await fleet.sleep(2_000);
      fleet.resume(node);
      expect(await answer).toEqual({ outcome: { id: "x", by: "node 1" }, ms: expect.any(Number) });
      expect((await answer).ms).toBeGreaterThanOrEqual(2_000);
    });
  });
});

describe("explore", () => {
  it("names the seed that fails, why, and what happened", async () => {
    const failure = await explore({ seeds: 20 }, async (fleet) => {
      await jobsFleet(fleet, { nodes: 1 });
      if (fleet.random.chance(0.2)) throw new RangeError("too many jobs");
    }).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(SeedFailure);
    const { seed, message, cause } = failure as SeedFailure;
    expect(message).toContain(`seed ${seed} fails: too many jobs`);
    expect(message).toContain("register go.micro.srv.jobs-1");
    expect(cause).toBeInstanceOf(RangeError);
    const again = explore({ seeds: [seed] }, async (fleet) => {
      await jobsFleet(fleet, { nodes: 1 });
      if (fleet.random.chance(0.2)) throw new RangeError("too many jobs");
    });
    await expect(again).rejects.toMatchObject({ seed });
  });
});
