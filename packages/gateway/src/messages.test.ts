import type { Value } from "@micro/core";
import { expect, test } from "vitest";
import { withDefaultFields } from "./default-fields.ts";
import { knownFields } from "./known-fields.ts";

const field = (name: string, type: string, values: Value[] = []): Value => ({ name, type, values });
const reply = field("Reply", "Reply", [
  field("user_name", "string"),
  field("age", "int32"),
  field("big", "int64"),
  field("ok", "bool"),
  field("tags", "[]string"),
  field("photo", "[]uint8"),
  field("address", "Address", [field("city", "string")]),
  field("color", "Color"),
]);

test("fields that were left out get their default value, as far as the record tells it", () => {
  expect(JSON.parse(withDefaultFields('{"age":3}', reply))).toEqual({
    user_name: "",
    age: 3,
    big: "0",
    ok: false,
    tags: [],
    photo: "",
  });
});

test("what is there stays as it is, in either spelling, and messages that are there are filled too", () => {
  const text = '{"userName":"Ann","big":9007199254740993,"address":{}}';
  const filled = withDefaultFields(text, reply);
  expect(filled).toContain('"big":9007199254740993');
  expect(JSON.parse(filled)).toMatchObject({ userName: "Ann", address: { city: "" } });
  expect(JSON.parse(filled)).not.toHaveProperty("user_name");
});

test("without a record, and when the reply is no object, nothing is filled in", () => {
  expect(withDefaultFields("{}", undefined)).toBe("{}");
  expect(withDefaultFields("[1]", reply)).toBe("[1]");
});

test("unknown fields are dropped at every level that the record shows", () => {
  const text = '{"age":1,"x":2,"address":{"city":"Bern","y":3},"userName":"A"}';
  expect(knownFields(text, reply, "ignore")).toBe('{"age":1,"address":{"city":"Bern"},"userName":"A"}');
  expect(knownFields('{ "age": 1 }', reply, "ignore")).toBe('{ "age": 1 }');
});

test("in strict mode the first unknown field is 400, with its place and what there is", () => {
  expect(() => knownFields('{"address":{"y":3}}', reply, "strict")).toThrow(
    expect.objectContaining({ code: 400, detail: expect.stringContaining('no field "address.y"; it has city') }),
  );
});

test("nothing is dropped where the record shows no fields, nor when the service is to decide", () => {
  expect(knownFields('{"x":1}', undefined, "strict")).toBe('{"x":1}');
  expect(knownFields('{"x":1}', field("Any", "Any"), "strict")).toBe('{"x":1}');
  expect(knownFields('{"x":1}', reply, "pass")).toBe('{"x":1}');
});
