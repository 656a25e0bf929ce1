import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CloseStack, closeStack, createService, type Service } from "@micro/core";
import { freePort } from "@micro/testbed";
import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
let lender: Service;

beforeEach(() => {
  open = closeStack();
  lender = open.use(createService({ name: "lender", registry: "memory", argv: ["--log_level=fatal"], env: {} }));
});
afterEach(() => open.close());

/** An HTTP server in the registry as a node of `go.micro.api.site`. */
async function site(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  await register((server.address() as AddressInfo).port);
  return server;
}

async function register(port: number): Promise<void> {
  const node = { id: `site-${port}`, address: `127.0.0.1:${port}`, metadata: {} };
  const record = { name: "go.micro.api.site", version: "1", metadata: {}, endpoints: [], nodes: [node] };
  await lender.registry.register(record);
  open.defer(() => lender.registry.deregister(record));
}

test("headers of one connection, and those by which callers pose as the system, end at the gateway", async () => {
  await site((incoming, response) => {
    response.setHeader("connection", "x-hop");
    response.setHeader("x-hop", "1");
    response.setHeader("x-kept", "1");
    response.end(JSON.stringify(incoming.headers));
  });
  const { address } = await startApi(open, { handler: "http" });
  const headers = {
    connection: "close, x-mine",
    "x-mine": "1",
    "micro-from-service": "root",
    "x-api-body": "x",
    "x-forwarded-for": "1.1.1.1",
    "x-forwarded-proto": "https",
    te: "trailers",
    host: "shop.example",
  };
  const reply = await send(address, "/site/x", { headers });
  expect(reply.headers).toMatchObject({ "x-kept": "1" });
  expect(reply.headers).not.toHaveProperty("x-hop");
  const seen = reply.json() as Record<string, string>;
  expect(seen).toMatchObject({
    host: "shop.example",
    "x-forwarded-for": "1.1.1.1, 127.0.0.1",
    "x-forwarded-host": "shop.example",
    "x-forwarded-proto": "http",
    "x-request-id": reply.headers["x-request-id"],
  });
  for (const name of ["x-mine", "micro-from-service", "x-api-body", "te"]) expect(seen).not.toHaveProperty(name);
});

test("an answer is passed on as it comes, and a caller who leaves ends it at the node", async () => {
  let left: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (left = resolve));
  await site((_incoming, response) => {
    response.write("first");
    response.once("close", left);
  });
  const { address } = await startApi(open, { handler: "http" });
  const { body } = await request(`http://${address}/site/x`);
  const [chunk] = (await once(body, "data")) as [Buffer];
  expect(chunk.toString()).toBe("first");
  body.on("error", () => undefined).destroy();
  await gone;
});

test("a node that cannot be reached is passed over, with a body too", async () => {
  const dead = await freePort();
  await register(dead);
  await site((incoming, response) => incoming.pipe(response));
  const { address } = await startApi(open, { handler: "http" });
  for (let at = 0; at < 4; at++) {
    expect(await send(address, "/site/x", { method: "POST", body: "hello" })).toMatchObject({
      status: 200,
      text: "hello",
    });
  }
});

test("when no node can be reached it is 502 that names service and address", async () => {
  const dead = await freePort();
  await register(dead);
  const { address } = await startApi(open, { handler: "http" });
  const reply = await send(address, "/site/x");
  expect(reply).toMatchObject({ status: 502, headers: { "content-type": "application/json" } });
  expect(reply.text).toContain(`cannot reach go.micro.api.site at 127.0.0.1:${dead}`);
});

test("a request that may have arrived is not sent twice, unless it is a GET", async () => {
  const seen: string[] = [];
  const breaking: RequestListener = (incoming) => {
    seen.push(incoming.method ?? "");
    incoming.resume().once("end", () => incoming.socket.destroy());
  };
  await site(breaking);
  await site(breaking);
  const { address } = await startApi(open, { handler: "http" });
  expect((await send(address, "/site/x", { method: "POST", body: "x" })).status).toBe(502);
  expect(seen).toEqual(["POST"]);
  seen.length = 0;
  expect((await send(address, "/site/x")).status).toBe(502);
  expect(seen).toEqual(["GET", "GET"]);
});

test("a node that does not begin to answer is 504", async () => {
  await site(() => undefined);
  const { address } = await startApi(open, { handler: "http" });
  const reply = await send(address, "/site/x", { headers: { timeout: "0.2" } });
  expect(reply).toMatchObject({ status: 504, headers: { "content-type": "application/json" } });
});

test("a body beyond the limit is 413, whether its length is told before or not", async () => {
  await site((incoming, response) => incoming.resume().once("end", () => response.end()));
  const { address } = await startApi(open, { handler: "http", maxProxyBodyBytes: 1_000 });
  const body = "x".repeat(2_000);
  expect((await send(address, "/site/x", { method: "POST", body })).status).toBe(413);
  const headers = { "transfer-encoding": "chunked" };
  expect((await send(address, "/site/x", { method: "POST", headers, body })).status).toBe(413);
});

test("a HEAD has the length and no body, 304 passes", async () => {
  await site((incoming, response) => {
    if (incoming.url === "/site/same") response.writeHead(304).end();
    else response.writeHead(200, { "content-length": "7" }).end(incoming.method === "HEAD" ? "" : "content");
  });
  const { address } = await startApi(open, { handler: "http" });
  expect(await send(address, "/site/x", { method: "HEAD" })).toMatchObject({
    status: 200,
    headers: { "content-length": "7" },
    text: "",
  });
  expect(await send(address, "/site/same")).toMatchObject({ status: 304, text: "" });
});

test("a node that declines to switch is heard", async () => {
  await site((_incoming, response) => response.writeHead(401).end("who are you"));
  const { address } = await startApi(open, { handler: "web" });
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "x",
    "sec-websocket-version": "13",
  };
  expect(await send(address, "/site/ws", { headers })).toMatchObject({ status: 401, text: "who are you" });
});

test("a tunnel that is still there when the drain ends is cut off", async () => {
  const server = await site((_incoming, response) => response.end());
  new WebSocketServer({ server });
  const api = await startApi(open, { handler: "web", drainTimeoutMs: 50 });
  const socket = new WebSocket(`ws://${api.address}/site/ws`);
  await once(socket, "open");
  const closed = once(socket, "close");
  await api.close();
  await closed;
});
