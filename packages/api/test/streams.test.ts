import { once } from "node:events";
import { type CloseStack, closeStack, testClock } from "@micro/core";
import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Api } from "../src/index.ts";
import { startApi } from "./gateway.ts";
import { HelloReply, HelloRequest } from "./gen/user.ts";
import { send, sendJson } from "./http.ts";
import { startTally, startTicker, type Ticker } from "./streaming.ts";

let open: CloseStack;
let ticker: Ticker;
let api: Api;

beforeEach(async () => {
  open = closeStack();
  ticker = await startTicker(open);
  api = await startApi(open, { drainTimeoutMs: 5_000 });
});
afterEach(() => open.close());

async function socketOf(path: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${api.address}${path}`, protocols);
  await once(socket, "open");
  return socket;
}

const closeOf = async (socket: WebSocket): Promise<[number, string]> => {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return [code, reason.toString()];
};

test("a WebSocket's frames are messages in their order, text both ways", async () => {
  const socket = await socketOf("/ticker/tick/echo");
  const received: string[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer, binary: boolean) => {
      expect(binary).toBe(false);
      if (received.push(data.toString()) === 100) resolve();
    });
  });
  const sent = Array.from({ length: 100 }, (_each, n) => JSON.stringify({ n }));
  for (const text of sent) socket.send(text);
  await all;
  expect(received).toEqual(sent);
  socket.close();
});

test("the first subprotocol that is offered is taken", async () => {
  const socket = await socketOf("/ticker/tick/echo", ["json", "other"]);
  expect(socket.protocol).toBe("json");
  socket.close();
});

test("with the subprotocol binary frames are protobuf", async () => {
  const socket = await socketOf("/ticker/tick/greet", ["binary"]);
  socket.send(HelloRequest.encode({ name: "Ann" }));
  const [data, binary] = (await once(socket, "message")) as [Buffer, boolean];
  expect(binary).toBe(true);
  expect(HelloReply.decode(data)).toEqual({ msg: "Hello Ann" });
  socket.close();
});

test("an empty text frame ends the peer's messages, so that an endpoint which waits for that can answer", async () => {
  await startTally(open);
  const socket = await socketOf("/tally/tally/sum?n=1");
  const reply = once(socket, "message");
  const closed = closeOf(socket);
  for (const n of [2, 3]) socket.send(JSON.stringify({ n }));
  socket.send("");
  socket.send(""); // once more changes nothing
  const [data, binary] = (await reply) as [Buffer, boolean];
  expect([data.toString(), binary]).toEqual(['{"sum":6,"count":3}', false]);
  expect(await closed).toEqual([1000, ""]);
});

test("an empty text frame at once is a stream without messages", async () => {
  await startTally(open);
  const socket = await socketOf("/tally/tally/sum");
  socket.send("");
  const [data] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(data.toString())).toEqual({ sum: 0, count: 0 });
});

test("on a binary stream an empty binary frame is a message, an empty text frame the end", async () => {
  await startTally(open);
  const socket = await socketOf("/tally/tally/greet", ["binary"]);
  socket.send(HelloRequest.encode({ name: "Ann" }));
  socket.send(Buffer.alloc(0));
  socket.send("");
  const [data] = (await once(socket, "message")) as [Buffer];
  expect(HelloReply.decode(data)).toEqual({ msg: "Ann," });
});

test("replies go on after the peer has ended its messages, and a message after that is 1008", async () => {
  const socket = await socketOf("/ticker/tick/echo");
  socket.send('{"n":1}');
  socket.send("");
  const closed = closeOf(socket);
  const [data] = (await once(socket, "message")) as [Buffer];
  expect(data.toString()).toBe('{"n":1}');
  expect(await closed).toEqual([1000, ""]);

  const call = ticker.call();
  const late = await socketOf("/ticker/tick/silent");
  const { left } = await call;
  const refused = closeOf(late);
  late.send("");
  late.send('{"n":2}');
  expect((await refused)[0]).toBe(1008);
  await left;
});

test("a peer that leaves cancels the call", async () => {
  const call = ticker.call();
  const socket = await socketOf("/ticker/tick/silent");
  const { left } = await call;
  socket.terminate();
  await left;
});

test("the end of the service's messages is 1000, its failure 1011 with the error", async () => {
  const done = await socketOf("/ticker/tick/count?to=2");
  expect(await closeOf(done)).toEqual([1000, ""]);
  const failed = await socketOf("/ticker/tick/fail?after=1");
  expect(await closeOf(failed)).toEqual([1011, "422 failed after 1"]);
});

test("an unknown service is 404 before there is a WebSocket, and so is a handshake that is none 400", async () => {
  const socket = new WebSocket(`ws://${api.address}/nobody/tick/echo`);
  const [error] = (await once(socket, "error")) as [Error];
  expect(error.message).toContain("404");
  const broken = await send(api.address, "/ticker/tick/echo", {
    headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "short" },
  });
  expect(broken).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
});

test("a WebSocket's handshake at an endpoint that does not stream is answered as plain HTTP", async () => {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "x",
    "sec-websocket-version": "13",
  };
  const reply = await send(api.address, "/ticker/tick/plain", { headers });
  expect(reply).toMatchObject({ status: 200, text: '{"ok":true}' });
});

test("a frame beyond the limit is 1009", async () => {
  const small = await startApi(open, { maxMessageBytes: 100 });
  const socket = new WebSocket(`ws://${small.address}/ticker/tick/echo`);
  await once(socket, "open");
  socket.send(JSON.stringify({ text: "x".repeat(200) }));
  expect((await closeOf(socket))[0]).toBe(1009);
});

test("a gateway that closes says 1001, and does not wait for streams to end by themselves", async () => {
  const socket = await socketOf("/ticker/tick/silent");
  const closed = closeOf(socket);
  await api.close();
  expect(await closed).toEqual([1001, "the gateway is closing"]);
});

test("silence both ways ends a WebSocket, a peer that answers no ping is broken with", async () => {
  const clock = testClock();
  const timed = await startApi(open, { streamIdleMs: 50_000, streamPingMs: 20_000 }, { clock });
  const silent = new WebSocket(`ws://${timed.address}/ticker/tick/silent`);
  await once(silent, "open");
  for (let pings = 0; pings < 2; pings++) {
    const pinged = once(silent, "ping");
    await clock.advance(20_000);
    await pinged;
    // Its answer has been heard once a ping of ours, sent after it, is answered.
    const heard = once(silent, "pong");
    silent.ping();
    await heard;
  }
  const closed = closeOf(silent);
  await clock.advance(20_000);
  expect(await closed).toEqual([1001, "no message for 50000 ms"]);

  const deaf = new WebSocket(`ws://${timed.address}/ticker/tick/silent`, { autoPong: false });
  await once(deaf, "open");
  const cut = closeOf(deaf);
  await clock.advance(20_000);
  await clock.advance(20_000);
  expect((await cut)[0]).toBe(1006);
});

test("a service that is faster than the WebSocket's peer is made to wait", async () => {
  const call = ticker.call();
  const socket = await socketOf("/ticker/tick/flood");
  const { left } = await call;
  socket.pause();
  const before = await settled(() => ticker.flooded, 1_000);
  expect(before).toBeLessThan(1_000);
  socket.terminate();
  await left;
});

test("a peer that is faster than the service is made to wait", async () => {
  const socket = await socketOf("/ticker/tick/silent");
  const frame = Buffer.alloc(1024 * 1024, " ");
  for (let sent = 0; sent < 64; sent++) socket.send(frame);
  const left = await settled(() => socket.bufferedAmount, 0);
  expect(left).toBeGreaterThan(32 * 1024 * 1024);
  socket.terminate();
});

/** A number once it does not change any more, or is `enough`. */
async function settled(value: () => number, enough: number): Promise<number> {
  for (let before = -1; ; before = value()) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (value() === before || Math.abs(value() - enough) < 1 || (enough > 0 && value() > enough)) return value();
  }
}

const events = { headers: { accept: "text/event-stream" } };

test("server-sent events carry each message, and say when the end has come", async () => {
  const reply = await send(api.address, "/ticker/tick/count?to=2", events);
  expect(reply).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
  const host = api.address;
  expect(reply.text).toBe(`data: {"n":1,"host":"${host}"}\n\ndata: {"n":2,"host":"${host}"}\n\nevent: end\ndata:\n\n`);
});

test("without a wish for events a stream is one JSON a line", async () => {
  const reply = await sendJson(api.address, "/ticker/tick/count", '{"to":2}');
  expect(reply.headers["content-type"]).toBe("application/x-ndjson");
  expect(reply.text.split("\n").map((line) => line && JSON.parse(line).n)).toEqual([1, 2, ""]);
});

test("a stream that fails before its first message has the error's status, later the error as its last word", async () => {
  const early = await send(api.address, "/ticker/tick/fail", events);
  expect(early).toMatchObject({ status: 422, headers: { "content-type": "application/json" } });
  const late = await send(api.address, "/ticker/tick/fail?after=1", events);
  expect(late.text).toMatch(/^data: \{"n":1\}\n\nevent: failure\ndata: \{.*"code":422,.*\}\n\n$/);
  const line = await send(api.address, "/ticker/tick/fail?after=1");
  expect(JSON.parse(line.text.split("\n")[1] ?? "")).toMatchObject({ error: { code: 422 } });
});

test("an event stream begins before its first message, and is shown to be alive", async () => {
  const lively = await startApi(open, { streamPingMs: 20 });
  const { statusCode, body } = await request(`http://${lively.address}/ticker/tick/silent`, events);
  expect(statusCode).toBe(200);
  const [chunk] = (await once(body, "data")) as [Buffer];
  expect(chunk.toString()).toBe(": ping\n\n");
  body.destroy();
});

test("an event stream on which nothing comes is ended, and its call left, while the connection stays", async () => {
  const patient = await startApi(open, { streamIdleMs: 100 });
  const call = ticker.call();
  const reply = request(`http://${patient.address}/ticker/tick/silent`, events);
  const { left } = await call;
  expect(await (await reply).body.text()).toMatch(/event: failure\ndata: .*"code":504/);
  await left;
});

test("who leaves an event stream cancels its call", async () => {
  const call = ticker.call();
  const { body } = await request(`http://${api.address}/ticker/tick/flood`, events);
  const { left } = await call;
  body.on("error", () => undefined).destroy();
  await left;
});

test("a gateway that closes ends event streams", async () => {
  const reply = send(api.address, "/ticker/tick/silent", events);
  const call = await ticker.call();
  await api.close();
  expect((await reply).text).toContain("event: failure");
  await call.left;
});

test("protobuf cannot be streamed into one answer, which is said", async () => {
  const headers = { "content-type": "application/protobuf" };
  expect(await send(api.address, "/ticker/tick/count", { method: "POST", headers, body: "" })).toMatchObject({
    status: 400,
  });
});
