import { expect, test } from "vitest";
import { httpRequest, typed } from "../test/http-request.ts";
import { callTypeOf } from "./call-type.ts";
import { rpcPayload } from "./rpc-payload.ts";

function payload(method: string, url: string, contentType: string, body: string | Uint8Array = ""): string {
  return Buffer.from(payloadBytes(method, url, contentType, body)).toString();
}

function payloadBytes(method: string, url: string, contentType: string, body: string | Uint8Array): Uint8Array {
  return rpcPayload(
    httpRequest(method, url, contentType ? typed(contentType) : [], body),
    callTypeOf(contentType || undefined),
  );
}

const json = "application/json";
const form = "application/x-www-form-urlencoded";

test.each([
  ["GET", "/x?name=huohuo", json, "", '{"name":"huohuo"}'],
  ["GET", "/x", json, "", "{}"],
  ["GET", "/x", "", "", "{}"],
  ["GET", "/x?a=1", json, '{"ignored":1}', '{"a":1}'],
  ["HEAD", "/x?a=1", "", "", '{"a":1}'],
  ["OPTIONS", "/x?a=1", "", "", '{"a":1}'],
  ["POST", "/x?name=q&id=1", json, '{"name":"b"}', '{"name":"b","id":1}'],
  ["POST", "/x?id=1&name=q", json, '{"name":"b","n":null}', '{"id":1,"name":"b","n":null}'],
  ["POST", "/x?o[k]=1", json, '{"o":{"y":1}}', '{"o":{"k":1,"y":1}}'],
  ["POST", "/x?o=1", json, '{"o":{"y":1}}', '{"o":{"y":1}}'],
  ["POST", "/x?o[k]=1", json, '{"o":5}', '{"o":5}'],
  ["POST", "/x?l[]=1", json, '{"l":[2]}', '{"l":[2]}'],
  [
    "POST",
    "/x",
    json,
    '{"n":null,"o":{"z":null,"y":1},"l":[1,null,2]}',
    '{"n":null,"o":{"z":null,"y":1},"l":[1,null,2]}',
  ],
  ["POST", "/x?name=q", json, "[1,2]", "[1,2]"],
  ["POST", "/x", json, '"text"', '"text"'],
  ["POST", "/x", json, "5", "5"],
  ["POST", "/x", json, "null", "null"],
  ["POST", "/x", json, "", "{}"],
  ["POST", "/x?a=1", json, "", '{"a":1}'],
  ["POST", "/x?a=1", json, "{}", '{"a":1}'],
  ["PUT", "/x", json, '{"a":9007199254740993}', '{"a":9007199254740993}'],
  ["PATCH", "/x?b=1", json, '{"a":9007199254740993}', '{"b":1,"a":9007199254740993}'],
  ["DELETE", "/x?a=1", "", "", '{"a":1}'],
  ["DELETE", "/x?a=1", json, '{"b":2}', '{"a":1,"b":2}'],
  ["POST", "/x", "text/plain", '{"a":1}', '{"a":1}'],
  ["POST", "/x", "", '{"a":1}', '{"a":1}'],
  ["POST", "/x", `${json}; charset=utf-8`, '{"a":1}', '{"a":1}'],
  ["POST", "/x", "Application/JSON", '{"a":1}', '{"a":1}'],
  ["POST", "/x", "application/json-rpc", '{"method":"Say.Hello","params":[ {"a":[1]} ],"id":1}', '{"a":[1]}'],
  ["POST", "/x?b=2", "application/json-rpc", '{"params":[{"a":1}]}', '{"b":2,"a":1}'],
  ["POST", "/x", form, "name=Ann&age=3", '{"name":"Ann","age":"3"}'],
  ["POST", "/x?id=7", form, "a=1&a=2&b.c=+x%26", '{"id":7,"a":"1,2","b.c":" x&"}'],
  ["POST", "/x", form, "__proto__=1&flag", '{"__proto__":"1","flag":""}'],
])("%s %s, %s with body %s calls with %s", (method, url, contentType, body, expected) => {
  expect(payload(method, url, contentType, body)).toBe(expected);
});

test("without a query the body's own bytes are handed on, not a copy", () => {
  const body = Buffer.from(' { "a" : 1 }\n');
  expect(payloadBytes("POST", "/x", json, body)).toBe(body);
});

test.each([
  ["application/json", '{"a":', "not JSON"],
  ["application/json", "{'a':1}", "not JSON"],
  ["application/json", Buffer.from([0x22, 0xff, 0x22]), "UTF-8"],
  ["text/html", "<p>", "content type text/html"],
  ["multipart/form-data; boundary=x", "--x--", "content type multipart/form-data"],
  ["application/json-rpc", '{"method":"Say.Hello"}', "params"],
  ["application/json-rpc", '{"params":[]}', "params"],
  ["application/json-rpc", "[1]", "params"],
  [form, "a=%ff", "percent-encoded"],
  [form, Buffer.from([0x61, 0x3d, 0xff]), "UTF-8"],
  ["application/octet-stream", "", "proto-rpc"],
  ["application/proto-rpc", Buffer.from([0x01, 0x00, 0x05, 0x0a]), "proto-rpc"],
  ["application/proto-rpc", Buffer.from([0x00, 0x01, 0x0a, 0x0b]), "proto-rpc"],
  ["application/proto-rpc", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), "proto-rpc"],
])("a %s body that is none is refused with 400: %#", (contentType, body, detail) => {
  expect(() => payload("POST", "/x", contentType, body)).toThrow(
    expect.objectContaining({ code: 400, id: "go.micro.api", detail: expect.stringContaining(detail) }),
  );
});

test.each(["application/protobuf", "application/proto", "application/grpc+proto", "application/grpc"])(
  "%s passes as it is, and the query is left out",
  (contentType) => {
    const body = Buffer.from([0x0a, 0x03, 0x41, 0xff, 0x6e]);
    expect(payloadBytes("POST", "/x?a=1", contentType, body)).toBe(body);
  },
);

test.each(["application/proto-rpc", "application/octet-stream"])("%s loses its envelope", (contentType) => {
  const header = Buffer.concat([Buffer.from([0x81, 0x01]), Buffer.alloc(129)]);
  const body = Buffer.concat([header, Buffer.from([0x03, 1, 2, 3])]);
  expect([...payloadBytes("POST", "/x", contentType, body)]).toEqual([1, 2, 3]);
});

test.each([
  ["GET", "/t?id=99&b=1", "", { variables: [["id", "12"]] }, '{"id":"12","b":1}'],
  ["POST", "/t?id=99", '{"id":"b","n":1}', { variables: [["id", "12"]] }, '{"id":"12","n":1}'],
  ["POST", "/t", '{"order":{"a":1}}', { variables: [["order.id", "5"]] }, '{"order":{"a":1,"id":"5"}}'],
  [
    "POST",
    "/t?q=1",
    '{"name":"n"}',
    { variables: [["id", "12"]], bodyField: "user" },
    '{"q":1,"user":{"name":"n"},"id":"12"}',
  ],
  ["POST", "/t", "[1]", { bodyField: "user.list" }, '{"user":{"list":[1]}}'],
  ["POST", "/t", '{"a":1}', { bodyField: "*" }, '{"a":1}'],
] as const)("%s %s with %s and %j is %s", (method, url, body, route, expected) => {
  const request = httpRequest(method, url, typed("application/json"), body);
  const payload = rpcPayload(request, callTypeOf("application/json"), route);
  expect(Buffer.from(payload).toString()).toBe(expected);
});
