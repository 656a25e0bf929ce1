import { expect, test } from "vitest";
import { httpRequest, typed } from "../test/http-request.ts";
import { readRpcCall } from "./rpc-call.ts";

const read = (body: string, type = "application/json", url = "/rpc") => {
  const { request, ...rest } = readRpcCall(httpRequest("POST", url, typed(type), body));
  return { ...rest, request: Buffer.from(request).toString() };
};
const asked = { service: "s", endpoint: "E.M", address: undefined };

test.each([
  ['{"service":"s","endpoint":"E.M","request":{"a":9007199254740993}}', '{"a":9007199254740993}'],
  ['{"Service":"s","METHOD":"E.M","request":"{\\"a\\":1}"}', '{"a":1}'],
  ['{"service":"s","endpoint":"E.M"}', "{}"],
  ['{"service":"s","endpoint":"E.M","request":null}', "null"],
])("JSON: %s asks with %s", (body, request) => {
  expect(read(body)).toEqual({ ...asked, request });
});

test("a form may stand in the body or the query", () => {
  const form = 'service=s&method=E.M&request={"a":1}&address=h:1';
  const expected = { ...asked, address: "h:1", request: '{"a":1}' };
  expect(read(form, "application/x-www-form-urlencoded")).toEqual(expected);
  expect(read("", "text/plain", `/rpc?${form}`)).toEqual(expected);
});

test.each([
  ["{}", "application/json", "invalid service"],
  ['{"service":"s"}', "application/json", "invalid endpoint"],
  ['{"service":"a/b","endpoint":"E.M"}', "application/json", "invalid service"],
  ['{"service":"s","endpoint":"EM"}', "application/json", "invalid endpoint"],
  ['{"service":', "application/json; charset=utf-8", "JSON"],
  ["", "application/json", "EOF"],
  ["[]", "application/json", "no JSON object"],
  ['{"service":"s","endpoint":"E.M","request":"{"}', "application/json", "error decoding request string: "],
  ["service=s&endpoint=E.M", "text/plain", "error decoding request string: EOF"],
  ["", "text/plain", "invalid service"],
])("%s as %s is 400: %s", (body, type, why) => {
  expect(() => read(body, type)).toThrow(
    expect.objectContaining({ code: 400, id: "go.micro.rpc", detail: expect.stringContaining(why) }),
  );
});
