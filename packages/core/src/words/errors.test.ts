import { describe, expect, it } from "vitest";
import { formatError, MicroError, notFound, parseError, reasonPhrase } from "./errors.ts";

describe("MicroError", () => {
  it("has its JSON as its text, keys in go-micro's order", () => {
    const error = notFound("greeter", "no such user");
    expect(error.message).toBe('{"id":"greeter","code":404,"detail":"no such user","status":"Not Found"}');
  });

  it("leaves empty fields out", () => {
    expect(formatError({ id: "", code: 0, detail: "x", status: "" })).toBe('{"detail":"x"}');
  });

  it("escapes what Go escapes", () => {
    expect(formatError({ id: "a", code: 0, detail: "<&>\u2028", status: "" })).toBe(
      '{"id":"a","detail":"\\u003c\\u0026\\u003e\\u2028"}',
    );
  });

  it("comes through `from` unchanged", () => {
    const error = notFound("greeter", "x");
    expect(MicroError.from(error, "other")).toBe(error);
  });

  it("is read from the text of an error that carries one", () => {
    const error = MicroError.from(new Error('{"id":"a","code":409,"detail":"d","status":"Conflict"}'), "b");
    expect(error).toMatchObject({ id: "a", code: 409, detail: "d", status: "Conflict" });
  });

  it("keeps the cause of what nobody meant to throw, under 500", () => {
    const cause = new TypeError("boom");
    expect(MicroError.from(cause, "greeter")).toMatchObject({ id: "greeter", code: 500, detail: "boom", cause });
  });

  it("is made of what is no Error too", () => {
    expect(MicroError.from("plain", "greeter")).toMatchObject({ code: 500, detail: "plain" });
  });
});

describe("parseError", () => {
  const empty = { id: "", code: 0, detail: "", status: "" };
  const asDetail = (text: string) => ({ ...empty, detail: text });
  it.each([
    ["null", empty],
    ["{}", empty],
    ['{"ID":"a","Code":5}', { ...empty, id: "a", code: 5 }],
    ['{"id":"a","extra":1,"detail":null}', { ...empty, id: "a" }],
    ["plain", asDetail("plain")],
    ['{"code":"x"}', asDetail('{"code":"x"}')],
    ['{"code":1.5}', asDetail('{"code":1.5}')],
    ['{"code":4294967296}', asDetail('{"code":4294967296}')],
    ["[1]", asDetail("[1]")],
    ["", asDetail("")],
  ])("reads %s", (text, fields) => {
    expect(parseError(text)).toEqual(fields);
  });
});

describe("reasonPhrase", () => {
  it.each([
    [413, "Request Entity Too Large"],
    [418, "I'm a teapot"],
    [509, ""],
    [10_001, ""],
  ])("spells %i as Go does", (code, phrase) => {
    expect(reasonPhrase(code)).toBe(phrase);
  });
});
