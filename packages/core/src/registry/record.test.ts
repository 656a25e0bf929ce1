import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeMetadata, encodeRecord, RecordError } from "./record.ts";
import type { ServiceRecord, Value } from "./registry.ts";

// What a Go service registers with etcd.
const greeterJson =
  '{"name":"go.micro.srv.greeter","version":"latest","metadata":null,"endpoints":[' +
  '{"name":"Greeter.Hello","request":{"name":"Request","type":"Request","values":[{"name":"name","type":"string","values":null}]},' +
  '"response":{"name":"Response","type":"Response","values":[{"name":"msg","type":"string","values":null}]},' +
  '"metadata":{"endpoint":"Greeter.Hello","handler":"rpc","method":"POST","path":"/hello"}},' +
  '{"name":"Greeter.Watch","request":{"name":"Context","type":"Context","values":null},' +
  '"response":{"name":"Stream","type":"Stream","values":null},"metadata":{"stream":"true"}},' +
  '{"name":"Func","request":{"name":"Greeted","type":"Greeted","values":[{"name":"name","type":"string","values":null}]},' +
  '"response":null,"metadata":{"subscriber":"true","topic":"greeted"}}],' +
  '"nodes":[{"id":"go.micro.srv.greeter-6ba7b810-9dad-41d1-80b4-00c04fd430c8","address":"10.0.0.5:43211",' +
  '"metadata":{"broker":"http","protocol":"grpc","registry":"etcd","server":"grpc","transport":"grpc"}}]}';

const bare: ServiceRecord = { name: "a", version: "", metadata: {}, endpoints: [], nodes: [] };

describe("encodeRecord", () => {
  it("writes again exactly what Go wrote", () => {
    expect(encodeRecord(decodeRecord(greeterJson))).toBe(greeterJson);
  });

  it("writes null for empty lists and service metadata, {} for empty metadata of nodes and endpoints", () => {
    const endpoint = { name: "A.B", request: undefined, response: undefined, metadata: {} };
    expect(encodeRecord(bare)).toBe('{"name":"a","version":"","metadata":null,"endpoints":null,"nodes":null}');
    expect(encodeRecord({ ...bare, endpoints: [endpoint], nodes: [{ id: "1", address: "x", metadata: {} }] })).toBe(
      '{"name":"a","version":"","metadata":null,"endpoints":[{"name":"A.B","request":null,"response":null,"metadata":{}}],' +
        '"nodes":[{"id":"1","address":"x","metadata":{}}]}',
    );
  });

  it("writes service metadata when there is some", () => {
    expect(encodeRecord({ ...bare, metadata: { b: "2", a: "1" } })).toContain('"metadata":{"a":"1","b":"2"}');
  });
});

describe("encodeMetadata", () => {
  it("sorts keys by their bytes, numbers and characters beyond U+FFFF included", () => {
    // Written by Go's encoding/json.
    expect(encodeMetadata({ "9": "y", "10": "x", "😀": "2", "～": "1", a: "z" })).toBe(
      '{"10":"x","9":"y","a":"z","～":"1","😀":"2"}',
    );
  });

  it("escapes what Go escapes", () => {
    expect(encodeMetadata({ 'a\b\f\n\r\t\x01\x7f"\\/': "<>&\u2028\u2029é😀" })).toBe(
      '{"a\\b\\f\\n\\r\\t\\u0001\x7f\\"\\\\/":"\\u003c\\u003e\\u0026\\u2028\\u2029é😀"}',
    );
  });
});

describe("decodeRecord", () => {
  it("reads back every record that was written", () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record);
        expect(decodeRecord(new TextEncoder().encode(encodeRecord(record)))).toEqual(record);
      }),
    );
  });

  it("takes null for anything but the name", () => {
    const json = '{"name":"a","version":null,"metadata":null,"endpoints":null,"nodes":null}';
    expect(decodeRecord(json)).toEqual(bare);
    expect(decodeRecord('{"name":"a"}')).toEqual(bare);
  });

  it("takes null inside lists and metadata", () => {
    const json =
      '{"name":"a","endpoints":[null,{"name":"E","request":{"name":null,"type":null,"values":[null]},"metadata":null}],' +
      '"nodes":[null,{"id":"1","address":null,"metadata":{"k":null}}]}';
    expect(decodeRecord(json)).toEqual({
      ...bare,
      endpoints: [{ name: "E", request: { name: "", type: "", values: [] }, response: undefined, metadata: {} }],
      nodes: [{ id: "1", address: "", metadata: { k: "" } }],
    });
  });

  it("takes keys in any case and ignores unknown ones", () => {
    const json = '{"NAME":"a","Version":"1","owner":{"x":[]},"Nodes":[{"ID":"1","Address":"x:1","weight":3}]}';
    expect(decodeRecord(json)).toEqual({
      ...bare,
      version: "1",
      nodes: [{ id: "1", address: "x:1", metadata: {} }],
    });
  });

  it("keeps the case of metadata keys, and takes __proto__ for a key", () => {
    const { metadata } = decodeRecord('{"name":"a","metadata":{"Zone":"x","__proto__":"y"}}');
    expect(Object.entries(metadata)).toEqual([
      ["Zone", "x"],
      ["__proto__", "y"],
    ]);
  });

  it.each([
    ["10.0.0.5", 80, "10.0.0.5:80"],
    ["::1", 80, "[::1]:80"],
    ["[::1]", 80, "[::1]:80"],
    ["10.0.0.5:80", 80, "10.0.0.5:80"],
    ["[::1]:80", 80, "[::1]:80"],
    ["subject.of.nats", 0, "subject.of.nats"],
  ])("joins the address %s and the port %i of old records to %s", (address, port, joined) => {
    const json = JSON.stringify({ name: "a", nodes: [{ id: "1", address, port }] });
    expect(decodeRecord(json).nodes[0]?.address).toBe(joined);
  });

  it.each([
    ["", "not JSON: nothing"],
    ["{", "not JSON: {"],
    ["[]", "record: expected an object, found []"],
    ["null", "record: expected an object, found null"],
    ["{}", "name: expected the service's name, found none in {}"],
    ['{"name":7}', "name: expected a string, found 7"],
    ['{"name":"a","nodes":{}}', "nodes: expected a list, found {}"],
    ['{"name":"a","nodes":[{"address":7}]}', "nodes[0].address: expected a string, found 7"],
    ['{"name":"a","nodes":[{"port":"x"}]}', 'nodes[0].port: expected a port number, found "x"'],
    ['{"name":"a","metadata":{"k":[]}}', "metadata.k: expected a string, found []"],
    [
      '{"name":"a","endpoints":[{"request":{"values":[7]}}]}',
      "endpoints[0].request.values[0]: expected an object, found 7",
    ],
  ])("says what is wrong with %s", (json, message) => {
    expect(() => decodeRecord(json)).toThrow(new RecordError(message));
  });
});

const metadata = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), { maxKeys: 4 });
function valueOver(values: fc.Arbitrary<Value[]>): fc.Arbitrary<Value> {
  return fc.record({ name: fc.string(), type: fc.string(), values });
}

const field = valueOver(fc.constant([]));
const value = valueOver(fc.array(valueOver(fc.array(field, { maxLength: 2 })), { maxLength: 2 }));
const maybeValue = fc.option(value, { nil: undefined });
const anyRecord: fc.Arbitrary<ServiceRecord> = fc.record({
  name: fc.string({ minLength: 1 }),
  version: fc.string(),
  metadata,
  endpoints: fc.array(fc.record({ name: fc.string(), request: maybeValue, response: maybeValue, metadata }), {
    maxLength: 3,
  }),
  nodes: fc.array(fc.record({ id: fc.string(), address: fc.string(), metadata }), { maxLength: 3 }),
});
