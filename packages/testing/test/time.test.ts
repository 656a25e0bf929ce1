import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { testFleet } from "../src/index.ts";
import { Jobs } from "./jobs.ts";
import { jobsFleet, srv } from "./jobs-fleet.ts";

const never = new Promise<never>(() => undefined);

describe("the time of a fleet", () => {
  it("passes by itself while a run waits, and stands when none does", async () => {
    await using fleet = testFleet();
    await fleet.run(() => fleet.sleep(86_400_000), { limitMs: 100_000_000 });
    expect(fleet.elapsedMs).toBe(86_400_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fleet.elapsedMs).toBe(86_400_000);
  });

  it("ends a run in which nothing can happen any more", async () => {
    await using fleet = testFleet();
    await expect(fleet.run(() => never)).rejects.toThrow("nothing is left that could happen");
  });

  it("ends a run that waits longer than its limit, and tells what happened last", async () => {
    await using fleet = testFleet();
    await jobsFleet(fleet, { nodes: 1 });
    const run = fleet.run(() => never, { limitMs: 120_000 });
    await expect(run).rejects.toThrow(/120000 ms of virtual time have passed.*register go\.micro\.srv\.jobs-1/s);
  });

  it("ends a run in which two call each other without end at one moment", async () => {
    await using fleet = testFleet();
    const again = (): void => void fleet.clock.after(0, again);
    again();
    await expect(fleet.run(() => fleet.sleep(1))).rejects.toThrow("there is no end to it");
  });

  it("ends a run with what a timer threw", async () => {
    await using fleet = testFleet();
    const run = fleet.run(async () => {
      setTimeout(() => {
        throw new RangeError("no more paper");
      }, 10);
      await never;
    });
    await expect(run).rejects.toThrow("no more paper");
    await fleet.sleep(1);
  });

  it("stands while something outside of the fleet is waited for", async () => {
    await using fleet = testFleet();
    await jobsFleet(fleet, { nodes: 1 });
    await fleet.run(async () => {
      const before = fleet.elapsedMs;
      expect(await fleet.hold(readFile(new URL(import.meta.url), "utf8"))).toContain("fleet.hold");
      expect(fleet.elapsedMs).toBe(before);
    });
  });

  it("is what Date, setTimeout, setInterval and Math.random go by until the fleet is closed", async () => {
    const real = { Date, setTimeout, setInterval, clearTimeout, clearInterval, random: Math.random };
    const chances: number[] = [];
    for (const seed of [5, 5]) {
      await using fleet = testFleet({ seed });
      await fleet.run(async () => {
        expect(new Date().toISOString()).toBe("2020-09-13T12:26:40.000Z");
        expect(new Date(0)).toBeInstanceOf(Date);
        const stopped = setTimeout(() => expect.unreachable(), 10);
        clearTimeout(stopped);
        let ticks = 0;
        const ticking = setInterval(() => ticks++, 100);
        await new Promise((resolve) => setTimeout(resolve, 1_050));
        clearInterval(ticking);
        expect(ticks).toBe(10);
        expect(Date.now()).toBe(1_600_000_001_050);
        chances.push(Math.random());
      });
    }
    expect(chances[0]).toBe(chances[1]);
    expect({ Date, setTimeout, setInterval, clearTimeout, clearInterval, random: Math.random }).toEqual(real);
  });

  it("leaves the globals alone where it is told to", async () => {
    const { setTimeout: real } = globalThis;
    await using fleet = testFleet({ globals: false });
    expect(globalThis.setTimeout).toBe(real);
    await jobsFleet(fleet, { nodes: 1 });
  });

  it("is that of one fleet at a time", async () => {
    await using _fleet = testFleet({ seed: 42 });
    expect(() => testFleet()).toThrow("the fleet with seed 42 is still open");
  });

  it("goes on outside of a run while a call, a message, a stream or a look-up is under way", async () => {
    await using fleet = testFleet();
    const { caller, nodes } = await jobsFleet(fleet, { nodes: 1 });
    expect(await caller.client(Jobs, srv).look({ id: "1" })).toEqual({ id: "1", by: "node 1" });
    await caller.publish("nobody.listens", { n: 1 });
    expect(await caller.registry.listServices()).toHaveLength(1);
    const heard: string[] = [];
    const ids = async function* () {
      yield { id: "a" };
      yield { id: "b" };
    };
    for await (const { id } of caller.client(Jobs, srv).chat(ids())) heard.push(id);
    expect(heard).toEqual(["a", "b"]);
    await nodes[0]?.stop();
  });
});
