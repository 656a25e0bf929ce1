import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "./messages.ts";

const { files } = JSON.parse(readFileSync(new URL("../vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};

describe("loadMessages", () => {
  it("reads the descriptors only when a message is used", () => {
    const type = loadMessages("bm90IGEgZGVzY3JpcHRvcg==").type("user.Request");
    expect(type.name).toBe("user.Request");
    expect(() => type.decode(new Uint8Array(0))).toThrow("google.protobuf.FileDescriptorSet: ");
  });

  it("names a message that is not there", () => {
    expect(() => loadMessages(files).type("vectors.Nope").encode({})).toThrow(
      "there is no message vectors.Nope in the descriptor set",
    );
  });

  it("gives one type a name", () => {
    const messages = loadMessages(files);
    expect(messages.type("vectors.Tree")).toBe(messages.type("vectors.Tree"));
  });

  it("takes bytes as well as base64, and gives the bytes back", () => {
    const bytes = Buffer.from(files, "base64");
    const messages = loadMessages(bytes);
    expect(messages.files()).toBe(bytes);
    expect(Buffer.from(loadMessages(files).files()).equals(bytes)).toBe(true);
    expect(messages.type("vectors.Tree").encode({})).toHaveLength(0);
  });

  it("knows the well-known types without their descriptors", () => {
    const timestamp = loadMessages("").type<{ seconds: bigint; nanos: number }>("google.protobuf.Timestamp");
    expect(timestamp.fromJson("1970-01-01T00:00:01.5Z")).toEqual({ seconds: 1n, nanos: 500_000_000 });
  });

  it("finds well-known types that a descriptor set refers to and lacks", () => {
    // package p; message M { google.protobuf.Duration d = 1; } with the import left out of the set
    const field = Buffer.from("\x0a\x01d\x18\x01\x20\x01\x28\x0b\x32\x19.google.protobuf.Duration");
    const message = Buffer.concat([Buffer.from([0x0a, 1, 0x4d, 0x12, field.length]), field]);
    const file = Buffer.concat([
      Buffer.from([0x12, 1, 0x70, 0x22, message.length]),
      message,
      Buffer.from("\x62\x06proto3"),
    ]);
    const type = loadMessages(Buffer.concat([Buffer.from([0x0a, file.length]), file])).type("p.M");
    expect(type.toJson(type.fromJson({ d: "2s" }) as object)).toEqual({ d: "2s" });
  });

  it("names a type that is in no file", () => {
    const field = Buffer.from("\x0a\x01d\x18\x01\x20\x01\x28\x0b\x32\x08.other.T");
    const message = Buffer.concat([Buffer.from([0x0a, 1, 0x4d, 0x12, field.length]), field]);
    const file = Buffer.concat([Buffer.from([0x12, 1, 0x70, 0x22, message.length]), message]);
    const type = loadMessages(Buffer.concat([Buffer.from([0x0a, file.length]), file])).type("p.M");
    expect(() => type.encode({})).toThrow("p.M.d is of type other.T, which is not in the descriptor set");
  });

  it("describes the fields as the proto file has them", () => {
    const messages = loadMessages(files);
    const tree = messages.type("vectors.Tree");
    expect(tree.fields.map(({ name, type, repeated }) => [name, type, repeated])).toEqual([
      ["name", "string", undefined],
      ["left", "message", undefined],
      ["right", "message", undefined],
      ["others", "message", true],
    ]);
    expect(tree.fields[1]?.message?.()).toBe(tree);
    expect(messages.type("vectors.Maps").fields[3]).toMatchObject({
      name: "messages",
      type: "message",
      mapKey: "uint64",
    });
    expect(messages.type("vectors.Scalars").fields.map((field) => field.name)).toContain("some_bytes");
  });
});
