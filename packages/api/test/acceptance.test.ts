import { type CloseStack, closeStack } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, startFleet } from "./fleet.ts";
import { startGateway } from "./gateway.ts";
import { HelloReply, HelloRequest } from "./gen/user.ts";
import { send, sendJson } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let gateway: string;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  gateway = await startGateway(open, { timeoutMs: 5_000, version: "v1.2.3" });
});
afterAll(() => open.close());

const echoed = async (path: string, options?: Parameters<typeof send>[2]) => {
  const reply = await send(gateway, path, options);
  expect(reply.status).toBe(200);
  return reply.json() as { req: unknown; metadata: Record<string, string> };
};

test("case 1: the query becomes the message", async () => {
  const reply = await send(gateway, "/user/say/hello?name=huohuo");
  expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  expect(reply.json()).toEqual({ msg: "Hello huohuo" });
});

test("case 2: a JSON body becomes the message", async () => {
  const reply = await sendJson(gateway, "/user/say/hello", '{"name":"Ann"}');
  expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  expect(reply.json()).toEqual({ msg: "Hello Ann" });
});

test("case 3: the type of the request is the type of the answer, parameters and all", async () => {
  const headers = { "content-type": "application/json; charset=utf-8" };
  const reply = await send(gateway, "/user/say/hello", { method: "POST", headers, body: '{"name":"Ann"}' });
  expect(reply).toMatchObject({ status: 200, headers });
});

test("case 4: one segment is the endpoint Call", async () => {
  expect((await send(gateway, "/user")).json()).toEqual({ msg: "User.Call" });
});

test("case 5: a version is part of the service's name", async () => {
  expect((await send(gateway, "/v1/user/say/hello")).json()).toEqual({ msg: "v1" });
});

test("case 6: a trailing slash changes nothing", async () => {
  expect((await send(gateway, "/user/say/hello/?name=a")).json()).toEqual({ msg: "Hello a" });
});

test("case 7: an unknown service is 404 and named", async () => {
  const reply = await send(gateway, "/nobody/say/hello");
  expect(reply).toMatchObject({ status: 404, headers: { "content-type": "application/json" } });
  const { code, detail } = reply.json() as { code: number; detail: string };
  expect(code).toBe(404);
  expect(detail).toContain("service not found");
  expect(detail).toContain("go.micro.api.nobody");
  expect(detail).toContain("/nobody/say/hello");
});

test("case 8: an unknown endpoint is 404 and named", async () => {
  for (const [path, endpoint] of [
    ["/user/say/nope", "Say.Nope"],
    ["/user/no/hello", "No.Hello"],
  ] as const) {
    const reply = await send(gateway, path);
    expect(reply).toMatchObject({ status: 404, headers: { "content-type": "application/json" } });
    expect((reply.json() as { detail: string }).detail).toContain(`go.micro.api.user has no ${endpoint}`);
  }
});

test("case 9: a service's error passes as it returned it", async () => {
  const reply = await send(gateway, "/user/say/fail");
  expect(reply).toMatchObject({ status: 409, headers: { "content-type": "application/json" } });
  expect(reply.json()).toEqual({ id: "go.micro.api.user", code: 409, detail: "boom", status: "Conflict" });
});

test("case 10: any other error of a handler is 500 with its text", async () => {
  const reply = await send(gateway, "/user/say/plain");
  expect(reply.status).toBe(500);
  expect((reply.json() as { detail: string }).detail).toContain("oops");
});

test("case 11: a call that takes too long is 504, and the handler is told", async () => {
  const slow = fleet.slowBegan();
  const reply = await send(gateway, "/user/say/slow", { headers: { timeout: "0.2" } });
  expect(reply).toMatchObject({ status: 504, headers: { "content-type": "application/json" } });
  expect(reply.json()).toMatchObject({ code: 504, status: "Gateway Timeout" });
  await (await slow).aborted;
});

test("case 12: an answered call is not made again", async () => {
  fleet.runs.once = 0;
  expect((await sendJson(gateway, "/user/say/once", "{}")).status).toBe(500);
  expect((await send(gateway, "/user/say/once")).status).toBe(500);
  expect(fleet.runs.once).toBe(2);
});

test("case 13: dots and brackets nest", async () => {
  const { req } = await echoed("/user/say/echo?a.b=1&l[]=1&l[]=2&ok=true");
  expect(req).toEqual({ a: { b: 1 }, l: [1, 2], ok: true });
});

test("case 14: the body wins over the query, null included", async () => {
  const reply = await sendJson(gateway, "/user/say/echo?id=1&name=q", '{"name":"b","n":null}');
  expect(reply.json()).toMatchObject({ req: { id: 1, n: null, name: "b" } });
});

test("case 15: nested nulls stay", async () => {
  for (const query of ["", "?a=1"]) {
    const reply = await sendJson(gateway, `/user/say/echo${query}`, '{"o":{"z":null},"l":[null]}');
    expect(reply.json()).toMatchObject({ req: { o: { z: null }, l: [null] } });
  }
});

test("case 16: a body that is not JSON is 400", async () => {
  const reply = await sendJson(gateway, "/user/say/echo", '{"a":');
  expect(reply).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
  expect(reply.json()).toMatchObject({ id: "go.micro.api", code: 400 });
});

test("case 17: big integers keep their digits, in query and body", async () => {
  expect((await send(gateway, "/user/say/echo?big=9007199254740993")).text).toContain('"big":9007199254740993');
  const reply = await sendJson(gateway, "/user/say/echo?q=1", '{"big":-9223372036854775807}');
  expect(reply.text).toContain('"big":-9223372036854775807');
});

test("case 18: text that is not JSON is text, and a bare key is true", async () => {
  expect((await echoed("/user/say/echo?t=abc==")).req).toEqual({ t: "abc==" });
  expect((await echoed("/user/say/echo?flag")).req).toEqual({ flag: true });
  expect((await echoed("/user/say/echo?flag=")).req).toEqual({ flag: "" });
  const clash = await send(gateway, "/user/say/echo?a=1&a.b=2");
  expect(clash.status).toBe(400);
});

test("case 19: headers cannot set fields of the message", async () => {
  const { req, metadata } = await echoed("/user/say/echo", {
    headers: { "X-Api-Field-Name": "evil", "X-Api-Body": "evil" },
  });
  expect(req).toEqual({});
  expect(JSON.stringify(metadata)).not.toContain("evil");
});

test("case 20: headers become metadata", async () => {
  const { metadata } = await echoed("/user/say/echo", { headers: { "X-Trace": "7", Authorization: "Bearer t" } });
  expect(metadata).toMatchObject({
    "x-trace": "7",
    authorization: "Bearer t",
    method: "GET",
    "x-forwarded-for": "127.0.0.1",
  });
});

test("case 21: a POST over a kept connection reaches a gRPC service on Node", async () => {
  const headers = { "content-type": "application/json", connection: "keep-alive", te: "trailers" };
  const reply = await send(gateway, "/user/say/hello", { method: "POST", headers, body: '{"name":"Ann"}' });
  expect(reply).toMatchObject({ status: 200 });
  expect(reply.json()).toEqual({ msg: "Hello Ann" });
});

test("case 22: a form is a flat object of texts", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const { req } = await echoed("/user/say/echo", { method: "POST", headers, body: "name=Ann&age=3" });
  expect(req).toEqual({ name: "Ann", age: "3" });
});

test("case 23: protobuf passes both ways, and an empty message is 204", async () => {
  const headers = { "content-type": "application/protobuf" };
  const body = HelloRequest.encode({ name: "Ann" });
  const reply = await send(gateway, "/user/say/hello", { method: "POST", headers, body });
  expect(reply).toMatchObject({ status: 200, headers });
  expect(HelloReply.decode(reply.bytes)).toEqual({ msg: "Hello Ann" });
  const none = await send(gateway, "/user/say/nothing", { method: "POST", headers, body });
  expect(none.status).toBe(204);
  expect(none.bytes).toHaveLength(0);
});

test("case 24: every verb reaches the service and is told to it", async () => {
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const reply = await sendJson(gateway, "/user/say/echo?id=1", '{"a":2}', method);
    expect(reply.json()).toMatchObject({ req: { id: 1, a: 2 }, metadata: { method } });
  }
  const head = await send(gateway, "/user/say/hello", { method: "HEAD" });
  expect(head).toMatchObject({ status: 200, text: "" });
});

test("case 38: the root tells the version", async () => {
  for (const path of ["/", "//", "/.", "/?x=1"]) {
    const reply = await send(gateway, path);
    expect(reply).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json" },
      text: '{"version": "v1.2.3"}',
    });
  }
  expect(await send(gateway, "/", { method: "OPTIONS" })).toMatchObject({ status: 200, text: "" });
  expect(await send(gateway, "/favicon.ico")).toMatchObject({ status: 200, text: "" });
});

test("a code that HTTP has no room for is 500 and stays in the object", async () => {
  const reply = await send(gateway, "/user/say/business");
  expect(reply.status).toBe(500);
  expect(reply.json()).toMatchObject({ code: 10001, detail: "no credit" });
});

test("paths are cleaned in place, so that a POST stays a POST", async () => {
  for (const path of ["//user/say/hello", "/x/../user/./say//hello", "/user%2Fsay/hello", "/a/%2e%2e/user/say/hello"]) {
    expect((await sendJson(gateway, path, '{"name":"Ann"}')).json()).toEqual({ msg: "Hello Ann" });
  }
});

test("a path that can be no name is 404 and asks nobody", async () => {
  for (const path of ["/a%20b/c/d", "/user/say/h%C3%A9llo", "/{}/x/y"]) {
    const reply = await send(gateway, path);
    expect(reply).toMatchObject({ status: 404, headers: { "content-type": "application/json" } });
    expect((reply.json() as { detail: string }).detail).toContain("names none");
  }
});

test("a path with broken encoding is 400 with the error's JSON", async () => {
  const reply = await send(gateway, "/user/%zz");
  expect(reply).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
  expect(reply.json()).toMatchObject({ id: "go.micro.api", code: 400 });
});

test("a Timeout header that is no number of seconds is 400", async () => {
  expect((await send(gateway, "/user/say/hello", { headers: { timeout: "soon" } })).status).toBe(400);
});
