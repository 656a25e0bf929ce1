import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesCodec } from "./bytes.ts";
import { codecTable, defaultCodecs } from "./codecs.ts";
import { jsonCodec } from "./json.ts";
import { loadMessages } from "./protobuf/messages.ts";
import { protobufCodec } from "./protobuf.ts";

const { files } = JSON.parse(readFileSync(new URL("./vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const scalars = loadMessages(files).type("vectors.Scalars");
const empty = scalars.decode(new Uint8Array(0));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("the default codecs", () => {
  it.each([
    ["application/grpc", "protobuf"],
    ["application/grpc+proto", "protobuf"],
    ["application/proto", "protobuf"],
    ["application/protobuf", "protobuf"],
    ["application/octet-stream", "protobuf"],
    ["application/grpc+json", "json"],
    ["application/json", "json"],
    ["application/grpc+bytes", "bytes"],
    ["Application/JSON; charset=utf-8", "json"],
    [" application/grpc ;a=b;c=d", "protobuf"],
  ])("answer to %j with %s", (contentType, name) => {
    expect(defaultCodecs.find(contentType)?.name).toBe(name);
  });

  it.each(["", "application/xml", "application/grpc+x", "json", "text/plain"])("do not answer to %j", (contentType) => {
    expect(defaultCodecs.find(contentType)).toBeUndefined();
  });

  it("give way to a later codec for the same content type", () => {
    const own = { ...bytesCodec, name: "own", contentTypes: ["Application/JSON"] };
    const table = codecTable([protobufCodec, jsonCodec(), own]);
    expect(table.find("application/json")).toBe(own);
    expect(table.find("application/grpc+json")?.name).toBe("json");
  });
});

describe("the JSON codec", () => {
  const value = { anInt32: 1, anInt64: 2n ** 60n, color: 2, someBytes: new Uint8Array([1]) };

  it("writes proto3 JSON with the names of the proto file", () => {
    expect(text(jsonCodec().coder(scalars).encode(value))).toBe(
      '{"an_int32":1,"an_int64":"1152921504606846976","some_bytes":"AQ==","color":"COLOR_BLUE"}',
    );
  });

  it("writes lowerCamelCase names on request", () => {
    expect(text(jsonCodec({ names: "json" }).coder(scalars).encode(value))).toBe(
      '{"anInt32":1,"anInt64":"1152921504606846976","someBytes":"AQ==","color":"COLOR_BLUE"}',
    );
  });

  it("writes numbers with all digits and a newline in the struct dialect", () => {
    expect(text(jsonCodec({ dialect: "struct" }).coder(scalars).encode(value))).toBe(
      '{"an_int32":1,"an_int64":1152921504606846976,"some_bytes":"AQ==","color":2}\n',
    );
  });

  it.each(["proto", "struct"] as const)("reads both dialects when it writes %s", (dialect) => {
    const coder = jsonCodec({ dialect }).coder(scalars);
    for (const other of [jsonCodec(), jsonCodec({ names: "json" }), jsonCodec({ dialect: "struct" })]) {
      expect(coder.decode(other.coder(scalars).encode(value))).toMatchObject(value);
    }
  });

  it.each(["", " \r\n\t", "null", " null\n"])(
    "reads %j as the empty message, or as null without a message type",
    (body) => {
      expect(jsonCodec().coder(scalars).decode(Buffer.from(body))).toStrictEqual(empty);
      expect(jsonCodec().coder().decode(Buffer.from(body))).toBeNull();
    },
  );

  it("names the field that does not fit", () => {
    expect(() => jsonCodec().coder(scalars).decode(Buffer.from('{"a_string":1}'))).toThrow(
      "vectors.Scalars.aString: expected a string, got 1",
    );
    expect(() => jsonCodec().coder(scalars).encode({ aString: 1 })).toThrow(
      "vectors.Scalars.aString: expected a string, got 1",
    );
    expect(() => jsonCodec({ dialect: "struct" }).coder(scalars).encode({ aDouble: Number.NaN })).toThrow(
      "vectors.Scalars.aDouble: expected a finite number, got NaN",
    );
  });

  it("carries plain values with all digits", () => {
    const coder = jsonCodec().coder();
    const plain = { a: [1, "x", null, true], big: 2n ** 70n };
    expect(text(coder.encode(plain))).toBe('{"a":[1,"x",null,true],"big":1180591620717411303424}');
    expect(coder.decode(coder.encode(plain))).toEqual(plain);
    expect(text(coder.encode(undefined))).toBe("null");
    expect(text(jsonCodec({ dialect: "struct" }).coder().encode(1))).toBe("1\n");
  });

  it("reads the object form of well-known types that Go writes by struct tags", () => {
    const known = loadMessages(files).type<{ time?: object; span?: object; int64?: object; string?: object }>(
      "vectors.Known",
    );
    const read = jsonCodec()
      .coder(known)
      .decode(
        Buffer.from(
          '{"time":{"seconds":1700000000123456789,"nanos":5},"span":{"seconds":-1},"int64":{"value":9007199254740993},"string":{}}',
        ),
      );
    expect(read).toMatchObject({
      time: { seconds: 1700000000123456789n, nanos: 5 },
      span: { seconds: -1n, nanos: 0 },
      int64: { value: 9007199254740993n },
      string: { value: "" },
    });
  });
});

describe("the protobuf codec", () => {
  it("carries messages", () => {
    const coder = protobufCodec.coder(scalars);
    expect(coder.decode(coder.encode({ anInt32: 7 }))).toStrictEqual({ ...(empty as object), anInt32: 7 });
  });

  it("carries bytes without a message type, and nothing else", () => {
    const coder = protobufCodec.coder();
    const bytes = new Uint8Array([1, 2]);
    expect(coder.decode(coder.encode(bytes))).toEqual(bytes);
    expect(() => coder.encode({})).toThrow("without a message type, protobuf takes a Uint8Array, got object");
  });
});

describe("the bytes codec", () => {
  it("carries bytes whatever the message type, and nothing else", () => {
    const bytes = new Uint8Array([1, 2]);
    for (const coder of [bytesCodec.coder(), bytesCodec.coder(scalars)]) {
      expect(coder.decode(coder.encode(bytes))).toEqual(bytes);
      expect(() => coder.encode("x")).toThrow("the bytes codec takes a Uint8Array, got string");
      expect(() => coder.encode(null)).toThrow("the bytes codec takes a Uint8Array, got null");
    }
  });
});
