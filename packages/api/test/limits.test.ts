import { connect, type Socket } from "node:net";
import { type CloseStack, closeStack } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, startFleet } from "./fleet.ts";
import { startGateway } from "./gateway.ts";
import { send, sendJson } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let gateway: string;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  gateway = await startGateway(open, {
    maxBodyBytes: 1_000,
    maxHeaderBytes: 4_096,
    headersTimeoutMs: 200,
    requestTimeoutMs: 400,
    // Longer than a test may take, so that nothing but the peer's end cancels a call.
    timeoutMs: 60_000,
  });
});
afterAll(() => open.close());

/** Writes text as it is and gives everything that came back when the gateway has closed the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = dial();
    let received = "";
    socket.on("data", (chunk) => (received += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(text);
  });
}

function dial(): Socket {
  const [host, port] = gateway.split(":");
  return connect(Number(port), host);
}

/** Status, type and error object of an answer as it came over the wire. */
function errorOf(text: string): unknown {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  expect(head).toContain("content-type: application/json");
  return { httpStatus: Number(head.split(" ")[1]), ...(JSON.parse(body) as object) };
}

test("a body of the largest size passes, one byte more is 413", async () => {
  const body = (length: number): string => JSON.stringify("x".repeat(length - 2));
  expect((await sendJson(gateway, "/user/say/echo", body(1_000))).status).toBe(200);
  const reply = await sendJson(gateway, "/user/say/echo", body(1_001));
  expect(reply).toMatchObject({ status: 413, headers: { "content-type": "application/json" } });
  expect(reply.json()).toMatchObject({ id: "go.micro.api", code: 413, detail: expect.stringContaining("1000 bytes") });
});

test("a body that does not say its size beforehand is 413 as well", async () => {
  const headers = { "transfer-encoding": "chunked", "content-type": "application/json" };
  const reply = await send(gateway, "/user/say/echo", {
    method: "POST",
    headers,
    body: JSON.stringify("x".repeat(5_000)),
  });
  expect(reply).toMatchObject({ status: 413, headers: { "content-type": "application/json" } });
});

test("a chunked body within the limit passes", async () => {
  const headers = { "transfer-encoding": "chunked", "content-type": "application/json" };
  const reply = await send(gateway, "/user/say/echo", { method: "POST", headers, body: '{"a":1}' });
  expect(reply.json()).toMatchObject({ req: { a: 1 } });
});

test("headers that are too large are 431", async () => {
  expect(errorOf(await raw(`GET /user HTTP/1.1\r\nHost: x\r\nX-Long: ${"a".repeat(5_000)}\r\n\r\n`))).toMatchObject({
    httpStatus: 431,
    code: 431,
  });
});

test("what is no HTTP is 400", async () => {
  expect(errorOf(await raw("HELLO WORLD\r\n\r\n"))).toMatchObject({ httpStatus: 400, code: 400, id: "go.micro.api" });
});

test("a request without a host is 400, as HTTP/1.1 wants it", async () => {
  expect(errorOf(await raw("GET /user HTTP/1.1\r\nConnection: close\r\n\r\n"))).toMatchObject({
    httpStatus: 400,
    code: 400,
  });
  expect(await raw("GET /user HTTP/1.0\r\n\r\n")).toContain('{"msg":"User.Call"}');
});

test("a peer that sends its headers too slowly is told 408", async () => {
  expect(errorOf(await raw("GET /user HTTP/1.1\r\nHost: x\r\nX-Half:"))).toMatchObject({ httpStatus: 408, code: 408 });
});

test("a peer that sends its body too slowly is told 408", async () => {
  const head =
    "POST /user/say/hello HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
  expect(errorOf(await raw(`${head}{"na`))).toMatchObject({ httpStatus: 408, code: 408 });
});

test("any content type may be sent, also one that is none", async () => {
  for (const type of [
    "text/plain",
    "what",
    "application/json;",
    ";",
    "multipart/form-data",
    "application/vnd.x+json; a=b",
  ]) {
    const reply = await send(gateway, "/user/say/echo", {
      method: "POST",
      headers: { "content-type": type },
      body: '{"a":1}',
    });
    expect(reply.json()).toMatchObject({ req: { a: 1 } });
  }
});

test("verbs beyond the usual ones get an answer", async () => {
  for (const method of ["OPTIONS", "PROPFIND", "QUERY", "TRACE"]) {
    expect((await send(gateway, "/user/say/hello", { method })).status).toBe(200);
  }
});

test("a request for an upgrade is answered as plain HTTP", async () => {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "x",
    "sec-websocket-version": "13",
  };
  expect((await send(gateway, "/user/say/hello?name=a", { headers })).json()).toEqual({ msg: "Hello a" });
});

test("the whole URL may stand in the request line, as proxies send it", async () => {
  expect((await send(gateway, `http://${gateway}/user/say/hello?name=a`)).json()).toEqual({ msg: "Hello a" });
});

test("a request may ask for less time than the gateway would give it", async () => {
  const slow = fleet.slowBegan();
  expect((await send(gateway, "/user/say/slow", { headers: { timeout: "0.1" } })).status).toBe(504);
  await (await slow).aborted;
});

test("a peer that goes away cancels its call", async () => {
  const began = fleet.slowBegan();
  const socket = dial();
  socket.write("GET /user/say/slow HTTP/1.1\r\nHost: x\r\n\r\n");
  const { aborted } = await began;
  socket.destroy();
  await aborted;
});

test("requests one after another on one connection are told apart from a peer that goes away", async () => {
  const socket = dial();
  let received = "";
  socket.on("data", (chunk) => (received += chunk));
  for (const name of ["a", "b", "c"]) {
    socket.write(`GET /user/say/hello?name=${name} HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (!received.includes(`Hello ${name}`)) await new Promise((resolve) => socket.once("data", resolve));
  }
  socket.destroy();
});
