import { describe, expect, it } from "vitest";
import { memoryRegistry } from "../registry/memory.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import { testClock } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { leastLoaded } from "./least-loaded.ts";
import { type RegistrySelectorOptions, registrySelector } from "./registry-selector.ts";
import type { Candidate, Next, SelectOptions, Selector } from "./selector.ts";

const clock = testClock();

function record(ids: readonly string[]): ServiceRecord {
  const nodes = ids.map((id) => ({ id, address: `${id}:1`, metadata: {} }));
  return { name: "a", version: "1", metadata: {}, endpoints: [], nodes };
}

/** A selector over service `a` that knows these nodes, and leaves them out for exactly as long as its options say. */
async function selectorOf(ids: readonly string[], options: RegistrySelectorOptions = {}): Promise<Selector> {
  const registry = memoryRegistry({ clock });
  await registry.register(record(ids));
  const selector = registrySelector({ registry, clock, random: () => 1, ...options });
  await selector.select("a");
  return selector;
}

function nextOf(selector: Selector, options?: SelectOptions): Next {
  const next = selector.select("a", options);
  if (next instanceof Promise) throw new Error("the service should have been known already");
  return next;
}

function candidate(id: string): Candidate {
  return { node: { id, address: `${id}:1`, metadata: {} }, record: record([id]) };
}

describe("a selector that is told of attempts", () => {
  it("hands what is under way to strategies, also to those of single calls and filters", async () => {
    const selector = await selectorOf(["n1", "n2"]);
    selector.began?.(candidate("n1"));
    for (const filters of [[], [() => true]]) {
      const chosen = [0, 1, 2, 3].map(() => nextOf(selector, { strategy: leastLoaded, filters })().node.id);
      expect(chosen).toEqual(["n2", "n2", "n2", "n2"]);
    }
    selector.ended?.(candidate("n1"), new MicroError("a", 408, "slow"));
    const chosen = [0, 1, 2, 3].map(() => nextOf(selector, { strategy: leastLoaded })().node.id);
    expect(new Set(chosen)).toEqual(new Set(["n1", "n2"]));
  });
});

describe("calls that are kept apart", () => {
  it("go to different nodes", async () => {
    const selector = await selectorOf(["n1", "n2", "n3"]);
    for (let round = 0; round < 10; round++) {
      const apart = new Set<string>();
      const ids = [0, 1, 2].map(() => nextOf(selector, { apart })().node.id);
      expect(ids.sort()).toEqual(["n1", "n2", "n3"]);
      expect([...apart].sort()).toEqual(ids);
    }
  });

  it("have 503 when there is no other node", async () => {
    const selector = await selectorOf(["n1"]);
    const apart = new Set<string>();
    expect(nextOf(selector, { apart })().node.id).toBe("n1");
    expect(nextOf(selector, { apart })).toThrow(
      expect.objectContaining({
        code: 503,
        unprocessed: true,
        detail: "service a has no other node to call: each that the call may use is being tried already",
      }),
    );
  });

  it("may come back to their own node, never to that of the other", async () => {
    const selector = await selectorOf(["n1", "n2"]);
    const apart = new Set<string>();
    const first = nextOf(selector, { apart });
    const firstId = first().node.id;
    const second = nextOf(selector, { apart });
    const secondId = second().node.id;
    expect([second().node.id, second().node.id]).toEqual([secondId, secondId]);
    expect(firstId).not.toBe(secondId);
  });
});
