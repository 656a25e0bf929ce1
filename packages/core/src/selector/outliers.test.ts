import { describe, expect, it } from "vitest";
import { memoryRegistry } from "../registry/memory.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import { testClock } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { silentLogger } from "../words/logger.ts";
import type { OutlierOptions } from "./outliers.ts";
import { registrySelector } from "./registry-selector.ts";
import type { Candidate, Strategy } from "./selector.ts";

const broken = new MicroError("s", 500, "broken", { answered: true });
const late = new MicroError("go.micro.client", 408, "context deadline exceeded");

/** Round robin that begins with the second node, so that by the time the first is judged there is one to compare with. */
const inTurn: Strategy = () => {
  let turn = 0;
  return (candidates) => candidates[++turn % candidates.length] as Candidate;
};

function record(ids: readonly string[]): ServiceRecord {
  const nodes = ids.map((id) => ({ id, address: `${id}:1`, metadata: {} }));
  return { name: "s", version: "1", metadata: {}, endpoints: [], nodes };
}

/** Calls service `s`, one after the other, at nodes that answer as `answers` says. */
async function fleet(ids: readonly string[], outliers: OutlierOptions | "off" = {}) {
  const clock = testClock();
  const registry = memoryRegistry({ clock });
  await registry.register(record(ids));
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (line: unknown) => void lines.push(String(line)) };
  const options = {
    registry,
    clock,
    logger,
    strategy: inTurn,
    random: () => 1,
    ...(outliers !== "off" && { outliers }),
  };
  const selector = registrySelector(options);
  await selector.select("s");
  const answers = new Map<string, (call: number) => MicroError | undefined>();
  const calls = new Map<string, number>();

  function begin(): Candidate {
    const next = selector.select("s");
    if (next instanceof Promise) throw new Error("the service should have been known already");
    const candidate = next();
    selector.began?.(candidate);
    return candidate;
  }

  function end(candidate: Candidate, error?: MicroError): void {
    if (!error || error.answered) selector.mark(candidate, "reached");
    selector.ended?.(candidate, error);
  }

  /** Makes this many calls, and says how many went to each node. */
  function counts(count: number): Record<string, number> {
    const taken: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const candidate = begin();
      const { id } = candidate.node;
      const call = calls.get(id) ?? 0;
      calls.set(id, call + 1);
      taken[id] = (taken[id] ?? 0) + 1;
      end(candidate, answers.get(id)?.(call));
    }
    return taken;
  }

  return { clock, registry, selector, answers, counts, begin, end, lines };
}

describe("outlier ejection", () => {
  it("is off unless it is asked for", async () => {
    const { answers, counts } = await fleet(["n1", "n2", "n3"], "off");
    answers.set("n1", () => broken);
    expect(counts(3_000).n1).toBe(1_000);
  });

  it("leaves a node out that fails far more of its calls than the others", async () => {
    const { answers, counts } = await fleet(["n1", "n2", "n3"]);
    answers.set("n1", (call) => (call % 2 === 0 ? broken : undefined));
    answers.set("n2", (call) => (call % 50 === 0 ? broken : undefined));
    counts(200);
    expect(counts(100)).toEqual({ n2: 50, n3: 50 });
  });

  it("counts and says whom it leaves out", async () => {
    const { answers, counts, selector, lines } = await fleet(["n1", "n2", "n3"]);
    answers.set("n1", () => broken);
    expect(selector.stats?.()).toEqual({ outages: 0, ejections: 0 });
    counts(200);
    expect(selector.stats?.()).toEqual({ outages: 0, ejections: 1 });
    expect(lines).toEqual(["node n1 of s at n1:1 is left out for now: it does far worse than the others"]);
  });

  it("leaves no node out when all fail alike, however badly", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2", "n3"]);
    for (const id of ["n1", "n2", "n3"]) answers.set(id, (call) => (call % 3 === 0 ? late : broken));
    for (let round = 0; round < 20; round++) {
      expect(Object.keys(counts(60))).toHaveLength(3);
      await clock.advance(500);
    }
  });

  it.each([400, 404, 499, 501])("takes answers of code %i for the caller's affair", async (code) => {
    const { answers, counts } = await fleet(["n1", "n2"]);
    answers.set("n1", () => new MicroError("s", code, "no", { answered: true }));
    expect(counts(400).n1).toBe(200);
  });

  it("does not judge a node by a handful of calls, nor by what was long ago", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2"]);
    answers.set("n1", () => broken);
    for (let round = 0; round < 10; round++) {
      expect(counts(18).n1).toBe(9);
      await clock.advance(10_000);
    }
  });

  it("leaves a node out after five timeouts in a row while another answers", async () => {
    const { answers, counts } = await fleet(["n1", "n2"]);
    counts(400);
    answers.set("n1", () => late);
    counts(10);
    expect(counts(10)).toEqual({ n2: 10 });
  });

  it("takes timeouts with answers between them for no such row", async () => {
    const { answers, counts } = await fleet(["n1", "n2"]);
    counts(400);
    answers.set("n1", (call) => (call % 5 === 0 ? undefined : late));
    expect(counts(40).n1).toBe(20);
  });

  it("leaves no node out when all fall silent at once", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2", "n3"]);
    counts(600);
    await clock.advance(1);
    for (const id of ["n1", "n2", "n3"]) answers.set(id, () => late);
    expect(counts(60)).toEqual({ n1: 20, n2: 20, n3: 20 });
  });

  it("leaves no node out when all answer but one call of ten", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2", "n3"]);
    for (const id of ["n1", "n2", "n3"]) answers.set(id, (call) => (call % 10 === 3 ? undefined : late));
    for (let round = 0; round < 20; round++) {
      expect(counts(60)).toEqual({ n1: 20, n2: 20, n3: 20 });
      await clock.advance(500);
    }
  });

  it("leaves half of the nodes out at most, and never the last", async () => {
    const ids = ["n1", "n2", "n3", "n4", "n5"];
    const { answers, counts, clock } = await fleet(ids, { minFailureShare: 0.2, timesMedian: 0 });
    for (const id of ids) answers.set(id, () => broken);
    for (let round = 0; round < 20; round++) {
      counts(500);
      await clock.advance(150);
    }
    expect(Object.keys(counts(30))).toHaveLength(3);
    const one = await fleet(["n1"], { maxShare: 1, timesMedian: 0 });
    one.answers.set("n1", () => broken);
    expect(one.counts(100)).toEqual({ n1: 100 });
  });

  it("tries a node that was left out with one call, and brings it back when that went well", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2"]);
    answers.set("n1", () => broken);
    counts(60);
    await clock.advance(1_999);
    expect(counts(100)).toEqual({ n2: 100 });
    await clock.advance(1);
    expect(counts(100)).toEqual({ n1: 1, n2: 99 });
    answers.delete("n1");
    await clock.advance(4_000);
    expect(counts(101).n1).toBe(51);
  });

  it("leaves a node out for twice as long after each failed trial and each return that did not last", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2"], { ejectionBaseMs: 1_000, ejectionMaxMs: 8_000 });
    let failing = true;
    answers.set("n1", () => (failing ? broken : undefined));
    counts(60);
    for (const seconds of [1, 2, 4, 8, 8]) {
      await clock.advance(seconds * 1_000 - 1);
      expect(counts(20)).toEqual({ n2: 20 });
      await clock.advance(1);
      expect(counts(20).n1).toBe(1);
    }
    await clock.advance(8_000);
    failing = false;
    counts(60);
    failing = true;
    counts(60);
    await clock.advance(7_999);
    expect(counts(20)).toEqual({ n2: 20 });
  });

  it("forgets earlier ejections of a node that has done well for long", async () => {
    const { answers, counts, clock } = await fleet(["n1", "n2"], { ejectionBaseMs: 1_000, ejectionMaxMs: 8_000 });
    let failing = true;
    answers.set("n1", () => (failing ? broken : undefined));
    counts(60);
    for (const seconds of [1, 2, 4]) {
      await clock.advance(seconds * 1_000);
      counts(2);
    }
    failing = false;
    await clock.advance(8_000);
    expect(counts(100).n1).toBeGreaterThan(40);
    await clock.advance(20_000);
    failing = true;
    counts(60);
    await clock.advance(1_000);
    expect(counts(20).n1).toBe(1);
  });

  it("takes no notice of calls that were under way when the node was left out", async () => {
    const { answers, counts, begin, end } = await fleet(["n1", "n2"]);
    const early = [begin(), begin(), begin(), begin()];
    answers.set("n1", () => broken);
    counts(60);
    for (const candidate of early) end(candidate);
    expect(counts(20)).toEqual({ n2: 20 });
  });

  it("prefers a node that fails calls to one that cannot be reached", async () => {
    const { answers, counts, selector } = await fleet(["n1", "n2"]);
    answers.set("n1", () => broken);
    counts(60);
    selector.mark({ node: { id: "n2", address: "n2:1", metadata: {} }, record: record([]) }, "failed");
    expect(counts(20)).toEqual({ n1: 20 });
  });

  it("counts nodes that cannot be reached as none that could stand in", async () => {
    const ids = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"];
    const { answers, counts, selector, clock } = await fleet(ids, { maxShare: 0.3 });
    for (const id of ids.slice(4))
      selector.mark({ node: { id, address: `${id}:1`, metadata: {} }, record: record([]) }, "failed");
    for (const id of ["n1", "n2"]) answers.set(id, () => broken);
    for (let round = 0; round < 5; round++) {
      counts(120);
      await clock.advance(100);
    }
    expect(Object.keys(counts(30))).toHaveLength(3);
  });

  it("begins anew with a node that went and came back", async () => {
    const { answers, counts, registry, clock } = await fleet(["n1", "n2"]);
    answers.set("n1", () => broken);
    counts(60);
    answers.delete("n1");
    await registry.deregister(record(["n1"]));
    await clock.advance(0);
    counts(1);
    await registry.register(record(["n1"]));
    await clock.advance(0);
    expect(counts(100).n1).toBe(50);
  });
});
