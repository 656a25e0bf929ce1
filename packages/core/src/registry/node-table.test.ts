import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeTable } from "./node-table.ts";
import type { Node, RegistryEvent, ServiceRecord } from "./registry.ts";

function node(id: string, address = `${id}:1`): Node {
  return { id, address, metadata: {} };
}

function record(nodes: readonly Node[], changes: Partial<ServiceRecord> = {}): ServiceRecord {
  return { name: "a", version: "1", metadata: {}, endpoints: [], nodes, ...changes };
}

const ids = (table: { nodes: readonly { node: Node }[] }): string[] => table.nodes.map((known) => known.node.id);

describe("nodeTable", () => {
  it("says what the last events said, whatever came before", () => {
    const some = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 5 });
    const event: fc.Arbitrary<RegistryEvent> = fc
      .record({ type: fc.constantFrom("create", "update", "delete", "sync"), version: fc.constantFrom("1", "2"), some })
      .map(({ type, version, some }) => {
        const changed = record(
          [...new Set(some)].map((id) => node(id, version)),
          { version },
        );
        return type === "sync" ? { type, records: [changed] } : { type, record: changed };
      });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const table = nodeTable();
        const expected = new Map<string, string>();
        for (const event of events) {
          table.apply(event);
          if (event.type === "sync") expected.clear();
          for (const { version, nodes } of event.type === "sync" ? event.records : [event.record])
            for (const { id } of nodes)
              if (event.type === "delete") expected.delete(id);
              else expected.set(id, version);
          expect(new Map(table.nodes.map((known) => [known.node.id, known.record.version]))).toEqual(expected);
          expect(table.nodes).toHaveLength(expected.size);
          for (const [place, known] of table.nodes.entries()) {
            expect(table.indexOf(known.node.id)).toBe(place);
            expect(table.get(known.node.id)).toBe(known);
            expect(known.node.address).toBe(known.record.version);
          }
        }
      }),
    );
  });

  it("changes its stamp with each change and with nothing else", () => {
    const table = nodeTable();
    const steps: [RegistryEvent, boolean][] = [
      [{ type: "create", record: record([node("a")]) }, true],
      [{ type: "update", record: record([node("a")]) }, false],
      [{ type: "sync", records: [record([node("a")])] }, false],
      [{ type: "delete", record: record([node("b")]) }, false],
      [{ type: "update", record: record([node("a", "elsewhere:1")]) }, true],
      [{ type: "update", record: record([node("a", "elsewhere:1")], { version: "2" }) }, true],
      [{ type: "delete", record: record([node("a")]) }, true],
      [{ type: "sync", records: [] }, false],
    ];
    for (const [event, changes] of steps) {
      const before = table.stamp;
      table.apply(event);
      expect([event, table.stamp > before]).toEqual([event, changes]);
    }
  });

  it("keeps order and identity of the nodes that a sync tells again", () => {
    const table = nodeTable();
    table.apply({ type: "sync", records: [record([node("a"), node("b"), node("c")])] });
    const before = [...table.nodes];
    table.apply({ type: "sync", records: [record([node("c"), node("b"), node("a"), node("d")])] });
    expect(table.nodes.slice(0, 3)).toEqual(before);
    expect(table.nodes.slice(0, 3).every((known, i) => known === before[i])).toBe(true);
    expect(ids(table)).toEqual(["a", "b", "c", "d"]);
  });

  it("fills the place of a node that goes with the last", () => {
    const table = nodeTable();
    table.apply({ type: "sync", records: [record(["a", "b", "c", "d"].map((id) => node(id)))] });
    table.apply({ type: "delete", record: record([node("b")]) });
    expect(ids(table)).toEqual(["a", "d", "c"]);
  });

  it("keeps one record for all nodes of a version that say the same of it", () => {
    const table = nodeTable();
    const endpoint = () => ({ name: "A.B", request: undefined, response: undefined, metadata: { path: "/" } });
    for (const id of ["a", "b", "c"])
      table.apply({ type: "create", record: record([node(id)], { endpoints: [endpoint()] }) });
    expect(new Set(table.nodes.map((known) => known.record)).size).toBe(1);
    table.apply({ type: "update", record: record([node("b")], { endpoints: [] }) });
    expect(table.nodes.map((known) => known.record.endpoints.length)).toEqual([1, 0, 1]);
    table.apply({ type: "delete", record: record([node("a")]) });
    table.apply({ type: "update", record: record([node("c")]) });
    expect(table.nodes.map((known) => known.node.id)).toEqual(["c", "b"]);
    expect(new Set(table.nodes.map((known) => known.record)).size).toBe(1);
  });

  it("gives the nodes of a record as they are when asked", () => {
    const table = nodeTable();
    table.apply({ type: "create", record: record([node("a")]) });
    const known = table.get("a")?.record;
    table.apply({ type: "create", record: record([node("b")]) });
    table.apply({ type: "create", record: record([node("c")], { version: "2" }) });
    expect(known?.nodes).toEqual([node("a"), node("b")]);
  });
});
