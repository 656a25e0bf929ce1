import { expect, it } from "vitest";
import type { ServiceRecord } from "./registry.ts";
import { groupByVersion } from "./versions.ts";

function record(
  name: string,
  version: string,
  ids: readonly string[],
  more: Partial<ServiceRecord> = {},
): ServiceRecord {
  const nodes = ids.map((id) => ({ id, address: `${id}:1`, metadata: {} }));
  return { name, version, metadata: {}, endpoints: [], nodes, ...more };
}

const endpoint = { name: "A.B", request: undefined, response: undefined, metadata: {} };

it("merges records of one name and version and orders them by both", () => {
  const records = [
    record("b", "1", ["b1"]),
    record("a", "2", ["a3"]),
    record("a", "1", ["a1"]),
    record("b", "1", ["b2"]),
    record("a", "1", ["a2"]),
  ];
  expect(groupByVersion(records)).toEqual([
    record("a", "1", ["a1", "a2"]),
    record("a", "2", ["a3"]),
    record("b", "1", ["b1", "b2"]),
  ]);
});

it("keeps the later of two nodes with one id", () => {
  const moved = { id: "1", address: "elsewhere:1", metadata: {} };
  const merged = groupByVersion([record("a", "1", ["1", "2"]), record("a", "1", [], { nodes: [moved] })]);
  expect(merged[0]?.nodes).toEqual([moved, { id: "2", address: "2:1", metadata: {} }]);
});

it("takes endpoints and metadata from the first record that has any", () => {
  const merged = groupByVersion([
    record("a", "1", ["1"]),
    record("a", "1", ["2"], { endpoints: [endpoint], metadata: { owner: "x" } }),
    record("a", "1", ["3"], { metadata: { owner: "y" } }),
  ]);
  expect(merged).toMatchObject([{ endpoints: [endpoint], metadata: { owner: "x" } }]);
});
