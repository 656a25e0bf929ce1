import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { type CloseStack, ConfigError, closeStack, forbidden } from "@micro/core";
import { type Stage, withHeaders } from "@micro/gateway";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createApi } from "../src/index.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send, sendJson } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
});
afterAll(() => open.close());

test("stages see every request and every answer, the first outermost", async () => {
  const seen: string[] = [];
  const noting =
    (name: string): Stage =>
    async (request, next) => {
      seen.push(`${name} ${request.path}`);
      const answer = await next();
      seen.push(`${name} ${answer.status} ${answer.error?.code ?? ""} ${request.route?.endpoint ?? ""}`.trim());
      return withHeaders(answer, [`x-${name}`, "1"]);
    };
  const { address } = await startApi(
    open,
    {},
    { stages: [noting("outer"), noting("inner")], routedStages: [noting("routed")] },
  );
  const reply = await send(address, "/user/say/fail");
  expect(reply).toMatchObject({ status: 409, headers: { "x-outer": "1", "x-inner": "1", "x-routed": "1" } });
  await send(address, "/");
  expect(seen).toEqual([
    "outer /user/say/fail",
    "inner /user/say/fail",
    "routed /user/say/fail",
    "routed 409 409 Say.Fail",
    "inner 409 409 Say.Fail",
    "outer 409 409 Say.Fail",
    "outer /",
    "inner /",
    "inner 200",
    "outer 200",
  ]);
});

test("a stage may answer itself, refuse, or speak for the gateway", async () => {
  const gate: Stage = (request, next) => {
    if (request.headers["x-who"] === "nobody") throw forbidden("go.micro.api", "not you");
    if (request.method === "OPTIONS") return { status: 204, headers: [["allow", "GET"]], body: "" };
    request.trusted = { "x-account": "ann" };
    return next();
  };
  const { address } = await startApi(open, {}, { stages: [gate] });
  expect(await send(address, "/user/say/echo", { method: "OPTIONS" })).toMatchObject({ status: 204 });
  const refused = await send(address, "/user/say/echo", { headers: { "x-who": "nobody" } });
  expect(refused).toMatchObject({ status: 403, headers: { "content-type": "application/json" } });
  const reply = await send(address, "/user/say/echo", { headers: { "x-account": "root" } });
  expect(reply.json()).toMatchObject({ metadata: { "x-account": "ann" } });
  const socket = new WebSocket(`ws://${address}/user/say/echo`, { headers: { "x-who": "nobody" } });
  const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
  expect(error.message).toContain("403");
});

test("parts may answer paths of their own, and no path twice", async () => {
  const path = { path: "/mine", answer: () => ({ status: 200, headers: [], body: "ok" }) };
  const { address } = await startApi(open, {}, { fixedPaths: [path] });
  expect(await send(address, "/mine")).toMatchObject({ status: 200, text: "ok" });
  const { rawClient: client } = fleet.user;
  expect(() => createApi({ client, fixedPaths: [{ ...path, path: "/" }] })).toThrow(ConfigError);
});

test("a request has the id that it brings, or gets one; the service is told it, and the answer has it", async () => {
  const { address } = await startApi(open);
  const given = await send(address, "/user/say/echo", { headers: { "x-request-id": "abc-1" } });
  expect(given.headers["x-request-id"]).toBe("abc-1");
  expect(given.json()).toMatchObject({ metadata: { "x-request-id": "abc-1" } });
  for (const bad of ["", "a b", "x".repeat(200), 'a"b']) {
    const made = await send(address, "/user/say/echo", { headers: { "x-request-id": bad } });
    expect(made.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.json()).toMatchObject({ metadata: { "x-request-id": made.headers["x-request-id"] } });
  }
  expect((await send(address, "/nobody/a/b")).headers["x-request-id"]).toBeDefined();
});

test("errors take the shape that the mapper gives them, with the error's status or another", async () => {
  const { address } = await startApi(open, {
    mapError: (error, { path }, usual) =>
      error.code === 409 ? { ...usual, status: 400, body: `${path} ${error.detail}` } : undefined,
  });
  expect(await send(address, "/user/say/fail")).toMatchObject({ status: 400, text: "/user/say/fail boom" });
  expect((await send(address, "/nobody/a/b")).json()).toMatchObject({ code: 404 });
});

test("an answer that HTTP cannot carry is 500, and a mapper that fails costs its request alone", async () => {
  const broken: Stage = async (_request, next) => withHeaders(await next(), ["x-line", "a\nb"]);
  const { address } = await startApi(open, {}, { stages: [broken] });
  expect((await send(address, "/user/say/echo")).json()).toMatchObject({ code: 500 });
  const mapped = await startApi(open, {
    mapError: () => {
      throw new Error("no shape for this");
    },
  });
  await expect(send(mapped.address, "/nobody/a/b")).rejects.toThrow();
  expect((await send(mapped.address, "/user/say/echo")).status).toBe(200);
});

test("only a trusted proxy may say which host and protocol were asked for", async () => {
  const headers = { "x-forwarded-host": "shop.example", "x-forwarded-proto": "https", host: "inside" };
  const seen = async (trustedProxies: string[]) => {
    const { address } = await startApi(open, { trustedProxies });
    const reply = await send(address, "/user/say/echo", { headers });
    return (reply.json() as { metadata: Record<string, string> }).metadata;
  };
  const told = { "x-forwarded-host": "shop.example", "x-forwarded-proto": "https" };
  expect(await seen([])).toMatchObject({ "x-forwarded-host": "inside", "x-forwarded-proto": "http" });
  expect(await seen(["10.0.0.0/8"])).toMatchObject({ "x-forwarded-host": "inside" });
  expect(await seen(["127.0.0.0/8"])).toMatchObject(told);
  await expect(startApi(open, { trustedProxies: ["everybody"] })).rejects.toThrow(ConfigError);
});

test("an upgrade that is not offered is passed over, body and all", async () => {
  const { address } = await startApi(open);
  const reply = await new Promise<string>((resolve, reject) => {
    const outgoing = httpRequest(`http://${address}/user/say/echo`, {
      method: "POST",
      agent: false,
      headers: {
        connection: "Upgrade, HTTP2-Settings",
        upgrade: "h2c",
        "http2-settings": "AAMAAABkAAQAAP__",
        "content-type": "application/json",
      },
    });
    outgoing.once("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk)).once("end", () => resolve(text));
    });
    outgoing.once("error", reject).end('{"a":1}');
  });
  expect(JSON.parse(reply)).toMatchObject({ req: { a: 1 } });
});

test("a file is a field of bytes", async () => {
  const { address } = await startApi(open);
  const form = new FormData();
  form.set("title", "a picture");
  form.set("photo", new Blob([new Uint8Array([0xff, 0, 1])]), "a.png");
  const reply = await fetch(`http://${address}/user/say/echo?id=7`, { method: "POST", body: form });
  expect(await reply.json()).toMatchObject({ req: { id: 7, title: "a picture", photo: "/wAB" } });
});

test("unknown fields are 400 in strict mode, dropped when ignored, and the service's to read over when passed on", async () => {
  const strict = await startApi(open, { unknownFields: "strict" });
  const refused = await send(strict.address, "/user/say/hello?name=a&utm=1");
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("utm");
  const lenient = await startApi(open, { unknownFields: "ignore" });
  expect(await send(lenient.address, "/user/say/hello?name=a&utm=1")).toMatchObject({ text: '{"msg":"Hello a"}' });
  const { address } = await startApi(open);
  expect(await send(address, "/user/say/hello?name=a&utm=1")).toMatchObject({ text: '{"msg":"Hello a"}' });
});

test("default values are shown where that is asked for", async () => {
  const { address } = await startApi(open, { emitDefaults: true });
  expect((await send(address, "/user/say/nothing")).json()).toEqual({ msg: "" });
});

test("bodies beyond the memory that there is for them are 503, and it comes back", async () => {
  const { address } = await startApi(open, { maxHeldBytes: 1_000 });
  const began = fleet.slowBegan();
  const first = sendJson(address, "/user/say/slow", JSON.stringify({ name: "x".repeat(800) }));
  const { finish } = await began;
  const body = JSON.stringify({ name: "y".repeat(800) });
  expect(await sendJson(address, "/user/say/hello", body)).toMatchObject({ status: 503 });
  const chunked = { "content-type": "application/json", "transfer-encoding": "chunked" };
  expect(await send(address, "/user/say/hello", { method: "POST", headers: chunked, body })).toMatchObject({
    status: 503,
  });
  finish();
  expect((await first).status).toBe(200);
  expect((await sendJson(address, "/user/say/hello", body)).status).toBe(200);
});

test("connections beyond the limit are closed", async () => {
  const { address } = await startApi(open, { maxConnections: 1 });
  const [host, port] = address.split(":");
  const first = connect(Number(port), host);
  await new Promise((resolve) => first.once("connect", resolve));
  await expect(send(address, "/")).rejects.toThrow();
  first.destroy();
});

test("internal endpoints cannot be reached unless that is asked for", async () => {
  const usual = await startApi(open);
  const refused = await send(usual.address, "/user/debug/health");
  expect(refused.status).toBe(404);
  expect(refused.text).toContain("--enable_internal");
  expect((await usual.explain({ path: "/user/debug/health" })).remarks[0]).toContain("not for the outside");
  const opened = await startApi(open, { allowInternal: true });
  expect(await send(opened.address, "/user/debug/health")).toMatchObject({ status: 200 });
});

test("/rpc calls only what is allowed", async () => {
  const { address } = await startApi(open, { enableRpc: true, rpcAllow: ["go.micro.srv.*"] });
  const body = JSON.stringify({ service: "go.micro.api.user", endpoint: "Say.Hello", request: {} });
  const reply = await sendJson(address, "/rpc", body);
  expect(reply).toMatchObject({ status: 404 });
  expect(reply.text).toContain("none of those");
});

test("it explains what a request would come to", async () => {
  const api = await startApi(open, { version: "x" });
  expect(await api.explain({ path: "/user/say/hello?x=1", method: "post" })).toMatchObject({
    method: "POST",
    path: "/user/say/hello",
    fixed: false,
    route: { service: "go.micro.api.user", endpoint: "Say.Hello", rule: "resolver micro" },
    handler: "rpc",
    endpointKnown: true,
    nodes: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
    remarks: [],
  });
  expect(await api.explain({ path: "/" })).toMatchObject({ fixed: true });
  expect(await api.explain({ path: "/form/submit" })).toMatchObject({ handler: "api" });
  expect((await api.explain({ path: "/user/say/nope" })).remarks[0]).toContain("shows no endpoint Say.Nope");
  expect((await api.explain({ path: "/nobody/a/b" })).remarks[0]).toContain("no node of go.micro.api.nobody");
});

test.each([
  [{ handler: "cloudevents" }, "handler"],
  [{ resolver: "magic" }, "resolver"],
  [{ resolver: "path" }, "endpoint"],
  [{ resolver: "subdomain", handler: "http" }, "domain"],
  [{ rpcAllow: ["a b"] }, "/rpc"],
  [{ routesFrom: ["**"] }, "routes"],
])("a mistake in the options is a ConfigError: %j", (options, word) => {
  const begin = () => createApi({ client: fleet.user.rawClient, registry: fleet.user.registry }, options as object);
  expect(begin).toThrow(ConfigError);
  expect(begin).toThrow(word);
});

test.each(["http", "web", "proxy", "event"] as const)("handler %s says what it lacks", (handler) => {
  expect(() => createApi({ client: fleet.user.rawClient }, { handler })).toThrow(/registry|broker/);
});
