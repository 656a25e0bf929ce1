import { expect, it } from "vitest";
import { jsonName } from "../json-name.ts";
import { modulePath, relativeModule } from "./module.ts";
import { freeName, goCamelCase, methodKey, propertyName } from "./names.ts";

it.each([
  ["user_name", "userName"],
  ["userID", "userID"],
  ["_leading", "Leading"],
  ["trailing_", "trailing"],
  ["a__b", "aB"],
  ["number_2", "number2"],
  ["URL_path", "URLPath"],
])("gives the field %s the key %s", (field, key) => {
  expect(jsonName(field)).toBe(key);
});

it("gives methods the rpc name with a small first letter", () => {
  expect(methodKey("QueryUserByName")).toBe("queryUserByName");
});

it.each([
  ["QueryUser", "QueryUser"],
  ["queryUser", "QueryUser"],
  ["query_user", "QueryUser"],
  ["Query_User", "Query_User"],
  ["_query", "XQuery"],
  ["V2_1", "V2_1"],
  ["Get2fa", "Get2Fa"],
  ["A__b", "A_B"],
])("knows that Go exports %s as %s", (name, exported) => {
  expect(goCamelCase(name)).toBe(exported);
});

it("quotes keys that are no identifiers, and keeps __proto__ from being the prototype", () => {
  expect(["a", "@type", "with-hyphen", "class"].map(propertyName)).toEqual(["a", '"@type"', '"with-hyphen"', "class"]);
  expect(propertyName("__proto__")).toBe('["__proto__"]');
});

it("adds as many underscores as it takes", () => {
  expect(freeName("a", new Set(["a", "a_"]))).toBe("a__");
});

it.each([
  ["user.proto", "api.proto", "./api.ts"],
  ["a/b.proto", "a/c.proto", "./c.ts"],
  ["a/b.proto", "c.proto", "../c.ts"],
  ["a/b/c.proto", "a/d/e.proto", "../d/e.ts"],
  ["a.proto", "google/protobuf/any.proto", "./google/protobuf/any.ts"],
])("imports from %s to %s", (importer, target, path) => {
  expect(relativeModule(importer, target, "ts")).toBe(path);
});

it("replaces the ending .proto only", () => {
  expect(modulePath("a.proto/b.proto")).toBe("a.proto/b.ts");
});
