import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "./protobuf/messages.ts";
import { fieldKey, fromTree, goFieldName, type TreeForm, treeOf } from "./tree.ts";

const { files } = JSON.parse(readFileSync(new URL("./vectors/files.json", import.meta.url), "utf8")) as {
  files: string;
};
const messages = loadMessages(files);
const asIs: TreeForm = { key: ({ name }) => name, write: (_type, value) => value, read: (_type, value) => value };

describe("the tree of a message", () => {
  it("has every field, null where it is not set", () => {
    const tree = treeOf(messages.type("vectors.Tree"), { left: { name: "b" } }, asIs);
    const left = new Map<string, unknown>([
      ["name", "b"],
      ["left", null],
      ["right", null],
      ["others", []],
    ]);
    expect([...tree]).toEqual([
      ["name", ""],
      ["left", left],
      ["right", null],
      ["others", []],
    ]);
  });

  it("refuses what does not fit, naming the field", () => {
    const scalars = messages.type("vectors.Scalars");
    expect(() => treeOf(scalars, { anInt32: "x" }, asIs)).toThrow("vectors.Scalars.anInt32: expected");
    expect(() => fromTree(scalars, { an_int32: "x" }, asIs)).toThrow("vectors.Scalars.anInt32: expected");
    const lists = messages.type("vectors.Lists");
    expect(() => fromTree(lists, { int32s: 1 }, asIs)).toThrow("vectors.Lists.int32s: expected an array, got number");
    const maps = messages.type("vectors.Maps");
    expect(() => fromTree(maps, { strings: [] }, asIs)).toThrow(
      "vectors.Maps.strings: expected an object, got an array",
    );
    expect(() => fromTree(scalars, new Uint8Array(1), asIs)).toThrow("vectors.Scalars: expected an object, got bytes");
  });

  it("is read under each spelling of a key; what the message does not have is passed over", () => {
    const scalars = messages.type("vectors.Scalars");
    for (const key of ["an_int32", "anInt32", "AnInt32"]) {
      expect(fromTree(scalars, { [key]: 5, other: {} }, asIs)).toMatchObject({ anInt32: 5 });
    }
    expect(fromTree(messages.type("vectors.Odd"), { "other-Name": "x", __proto__: 1 }, asIs)).toMatchObject({
      "other-Name": "x",
    });
  });

  it("ends where messages are nested too deep", () => {
    let tree: unknown = {};
    for (let i = 0; i < 100_000; i++) tree = { left: tree };
    expect(() => fromTree(messages.type("vectors.Tree"), tree, asIs)).toThrow("nested more than 100 messages deep");
  });
});

describe("the names of a field", () => {
  it.each([
    ["name", "Name", "name"],
    ["an_int32", "AnInt32", "anInt32"],
    ["int32s", "Int32S", "int32s"],
    ["_leading", "XLeading", "Leading"],
    ["two__lines", "Two_Lines", "two_Lines"],
    ["with_1_digit", "With_1Digit", "with1Digit"],
    ["userID", "UserID", "userID"],
  ])("of %s are %s in Go and %s here", (name, go, here) => {
    expect(goFieldName({ name, type: "string" })).toBe(go);
    expect(fieldKey({ name, type: "string", key: here })).toBe(here);
  });

  it("are guessed where the description does not say", () => {
    expect(fieldKey({ name: "user_name", type: "string" })).toBe("userName");
  });
});
