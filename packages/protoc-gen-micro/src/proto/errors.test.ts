import { describe, expect, it } from "vitest";
import { ProtoError } from "../diagnostics.ts";
import { link } from "./link.ts";
import { parseFile } from "./parse-file.ts";
import { shippedFile } from "./shipped.ts";

const proto3 = `syntax = "proto3";\n`;
const edition = `edition = "2023";\n`;
const proto2 = `syntax = "proto2";\n`;

/** What is wrong in a file, as `line:column: sentence`. */
function wrong(text: string): string {
  try {
    link(parseFile("a.proto", text), shippedFile);
  } catch (reason) {
    if (reason instanceof ProtoError) return reason.message.replace("a.proto:", "");
    throw reason;
  }
  return "nothing is wrong";
}

describe("the grammar", () => {
  it.each([
    [`syntax = "proto4";`, `1:10: found syntax "proto4", expected "proto3" or "proto2"`],
    [`edition = "2024";`, `1:11: found edition "2024", expected "2023"`],
    [`${proto3}mesage A {}`, "2:1: found `mesage`, expected message, enum, service, extend, import, package or option"],
    [`${proto3}message A {`, "2:12: found the end of the file, expected a field or `}`"],
    [`${proto3}message A { string = 1; }`, "2:20: found `=`, expected the name of the field"],
    [`${proto3}message A { string a; }`, "2:21: found `;`, expected `=` and the field's number"],
    [`${proto3}message A { string a = 1 }`, "2:26: found `}`, expected `;`"],
    [`${proto3}message A { string a = "1"; }`, `2:24: found "1", expected the field's number`],
    [`${proto3}message A { string a = 1x; }`, "2:25: found `x` right after the number 1, expected a space or a symbol"],
    [
      `${proto3}message A { string a = 09; }`,
      "2:24: found 09: a number that begins with 0 is octal and has digits from 0 to 7",
    ],
    [`${proto3}message A { string a = 0; }`, "2:24: found the number 0, expected 1 to 536870911"],
    [
      `${proto3}message A { string a = 19500; }`,
      "2:24: found the number 19500: 19000 to 19999 belong to protobuf itself",
    ],
    [`${proto3}import "x`, `2:8: found a string without its closing " on the same line`],
    [`${proto3}/* never ends`, "2:1: found a comment without its closing */"],
    [`${proto3}message A { § }`, `2:13: found the character "§", which has no meaning in a .proto file`],
    [`${proto3}service S { rpc A(B) return (C); }`, "2:22: found `return`, expected `returns` and the response"],
    [`${proto3}service S { rpc A(); }`, "2:19: found `)`, expected the name of a message"],
    [
      `${proto3}message A { map<double, string> a = 1; }`,
      "2:17: found keys of type double, expected an integer type, bool or string",
    ],
    [`${proto3}message A { repeated map<int32, string> a = 1; }`, "2:13: found repeated, which a map cannot be"],
    [
      `${proto3}message A { oneof b { repeated string a = 1; } }`,
      "2:23: found repeated, which the fields of a oneof cannot be",
    ],
    [`${proto3}message A { reserved 5 to 2; }`, "2:22: found a range from 5 to 2, which ends before it begins"],
    [`${proto3}enum A { B = 2147483648; }`, "2:14: found 2147483648, expected a 32-bit integer"],
    [`${proto3}option java_package = ;`, "2:23: found `;`, expected a number, a string, a name or `{`"],
    [`${proto3}package a;\npackage b;`, "3:1: found a second package, the first is a"],
  ])("%j", (text, expected) => {
    expect(wrong(text)).toBe(expected);
  });
});

describe("what the one has and the other has not", () => {
  it.each([
    [
      `${edition}message A { optional string a = 1; }`,
      "2:13: found optional, for which editions have the feature field_presence",
    ],
    [`${edition}message A { group B = 1 {} }`, "2:13: found a group, which edition 2023 does not have"],
    [`${proto3}message A { required string a = 1; }`, "2:13: found required, which proto3 does not have"],
    [`${proto3}message A { string a = 1 [default = ""]; }`, "2:27: found a default, which proto3 does not have"],
    [`${proto3}message A { optional group B = 1 {} }`, "2:13: found a group, which proto3 does not have"],
    [`${proto3}message A { extensions 1; }`, "2:13: found an extension range, which proto3 does not have"],
    [`${proto3}enum A { B = 1; }`, "2:10: the first value of A is 1, expected 0, which proto3 takes as the default"],
    [
      `${proto2}message A { string a = 1; }`,
      "2:13: found the field a without required, optional or repeated, one of which proto2 needs",
    ],
    [`${proto2}message A { optional int32 a = 1 [default = "b"]; }`, `2:45: found "b", expected an integer`],
    [
      `${proto2}message A { optional uint32 a = 1 [default = -1]; }`,
      "2:47: found -1, expected an integer from 0 to 4294967295",
    ],
    [
      `${proto2}enum E { B = 0; }\nmessage A { optional E a = 1 [default = C]; }`,
      "3:24: a has the default C, which is not a value of E",
    ],
  ])("%j", (text, expected) => {
    expect(wrong(text)).toBe(expected);
  });
});

describe("names", () => {
  it.each([
    [`${proto3}message A { B b = 1; }`, "2:13: found B, which is declared neither here nor in an imported file"],
    [`${proto3}message A { A.B b = 1; }`, "2:13: found A.B, which is declared neither here nor in an imported file"],
    [
      `${proto3}enum E { Z = 0; }\nservice S { rpc R(E) returns (E); }`,
      "3:19: found E, which is a enum, expected a message",
    ],
    [`${proto3}message A {}\nmessage A {}`, "3:9: found the message A, but a.proto has the message A"],
    [`${proto3}enum A { B = 0; }\nenum C { B = 0; }`, "3:10: found the enum value B, but a.proto has the enum value B"],
    [`${proto3}message A { string a = 1; int32 b = 1; }`, "2:33: b has the number 1 of a"],
    [`${proto3}message A { reserved 1; string a = 1; }`, "2:32: the number 1 is reserved"],
    [`${proto3}message A { reserved "a"; string a = 1; }`, "2:34: the name a is reserved"],
    [`${proto3}enum A { B = 0; C = 0; }`, "2:17: C has the number 0 of B: set allow_alias if that is meant"],
    [`${proto3}enum A {}`, "2:6: the enum A has no values, expected one at least"],
    [`${proto3}message A { oneof b {} }`, "2:19: the oneof b has no fields, expected one at least"],
    [`${proto3}import "none.proto";`, "2:8: cannot find the imported file none.proto"],
    [
      `${proto3}import "google/protobuf/any.proto";\nimport "google/protobuf/any.proto";`,
      `3:8: "google/protobuf/any.proto" is imported twice`,
    ],
    [
      `${proto3}import "google/api/annotations.proto";\nmessage A { google.api.HttpRule rule = 1; }`,
      `3:13: found google.api.HttpRule, which google/api/http.proto declares: import "google/api/http.proto" in a.proto`,
    ],
  ])("%j", (text, expected) => {
    expect(wrong(text)).toBe(expected);
  });
});

describe("options", () => {
  it.each([
    [`${proto3}option java_packag = "a";`, /^2:8: cannot set the file option java_packag to "a": .*java_packag/],
    [`${proto3}option java_package = 5;`, /^2:8: cannot set the file option java_package to 5: /],
    [`${proto3}option deprecated = true;\noption deprecated = true;`, /^3:8: the option deprecated is set twice$/],
    [
      `${proto3}service S { option (google.api.http) = { get: "/" }; }`,
      /^2:20: found the option \(google.api.http\), which no imported file declares: import "google\/api\/annotations.proto"$/,
    ],
    [
      `${proto3}import "google/api/annotations.proto";\nmessage A {}\nservice S { rpc R(A) returns (A) { option (google.api.http) = { gett: "/" }; } }`,
      /^4:43: cannot set the method option \(google.api.http\) to { gett: "\/" }: .*gett/,
    ],
    [
      `${proto3}message A { string a = 1 [(A.a) = 1]; }`,
      /^2:27: found the option \(A.a\), which is the field A.a, no extension$/,
    ],
  ])("%j", (text, expected) => {
    expect(wrong(text)).toMatch(expected);
  });
});
