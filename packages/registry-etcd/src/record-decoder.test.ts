import { decodeRecord } from "@micro/core";
import { describe, expect, it } from "vitest";
import { recordDecoder } from "./record-decoder.ts";

const value = (id: string, version = "1"): string =>
  `{"name":"s","version":"${version}","metadata":null,"endpoints":[{"name":"A.B","request":null,"response":null,` +
  `"metadata":{}}],"nodes":[{"id":"${id}","address":"h:1","metadata":{"nodes":"x"}}]}`;

describe("recordDecoder", () => {
  it("reads what decodeRecord reads", () => {
    const decode = recordDecoder();
    const texts = [
      value("a"),
      value("b"),
      value("c", "2"),
      '{"name":"s","nodes":null}',
      '{"nodes":[{"id":"a"}],"name":"s"}',
      '{"name":"s","nodes":[],"version":"2"}',
      '{"name":"s","nodes":[],"metadata":{"a":"b"}}',
      '{"name":"s","nodes":[],"endpoints":[{"name":"A.B"}]}',
      '{"name":"s","other":{"a":1,"nodes":[{"id":"wrong"}]}}',
      '{"name":"s","other":[{"a":1,"nodes":[{"id":"wrong"}]}],"NODES":[{"id":"right"}]}',
      '{ "name": "s", "nodes": [ { "id": "spaced" } ] }',
    ];
    for (const text of texts) expect(decode(text)).toEqual(decodeRecord(text));
  });

  it("shares what the nodes of one version have in common", () => {
    const decode = recordDecoder();
    const [a, b, other] = [decode(value("a")), decode(value("b")), decode(value("c", "2"))];
    expect(b.endpoints).toBe(a.endpoints);
    expect(b.nodes).not.toBe(a.nodes);
    expect(other.version).toBe("2");
  });

  it("says what is wrong as decodeRecord does", () => {
    const decode = recordDecoder();
    expect(() => decode('{"name":7,"nodes":[]}')).toThrow("name: expected a string");
    expect(() => decode('{"name":"s","nodes":[7]}')).toThrow("nodes[0]: expected an object");
    expect(() => decode("no json")).toThrow("not JSON");
  });
});
