import { describe, expect, it } from "vitest";
import { roundRobin } from "../selector/round-robin.ts";
import type { Candidate } from "../selector/selector.ts";
import type { CallOptions } from "./client.ts";
import { shardBy } from "./shard-by.ts";

const nodes = ["a", "b", "c", "d"].map((id): Candidate => {
  const node = { id, address: `${id}:1`, metadata: {} };
  return { node, record: { name: "s", version: "1", metadata: {}, endpoints: [], nodes: [node] } };
});

/** The options that reach the call behind the middleware. */
const seen = shardBy((_request, { metadata }) => metadata?.["user-id"])(async (_request, options) => options, {
  service: "s",
  endpoint: "A.B",
});

async function nodeOf(options: CallOptions): Promise<string | undefined> {
  const { strategy } = (await seen({}, options)) as CallOptions;
  return strategy?.()(nodes).node.id;
}

describe("shardBy", () => {
  it("sends calls with one key to one node, and keys to several", async () => {
    const users = Array.from({ length: 50 }, (_, n) => `u${n}`);
    const first = await Promise.all(users.map((id) => nodeOf({ metadata: { "user-id": id } })));
    const second = await Promise.all(users.map((id) => nodeOf({ metadata: { "user-id": id }, retries: 1 })));
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(4);
  });

  it("leaves calls without a key, and those with a strategy of their own, as they are", async () => {
    const plain = { retries: 1 };
    expect(await seen({}, plain)).toBe(plain);
    const own = { metadata: { "user-id": "1" }, strategy: roundRobin };
    expect(await seen({}, own)).toBe(own);
  });
});
