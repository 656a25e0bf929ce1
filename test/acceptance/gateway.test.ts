import { once } from "node:events";
import { etcdServer, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Fleet, fleetOn, type Gateway } from "./fleet.ts";
import { curl, eventually, type Reply, send, sendJson } from "./http.ts";
import { HelloReply, HelloRequest } from "./src/gen/acceptance.ts";

// A namespace of our own on mDNS, where everybody on the machine hears everybody.
const mdnsNamespace = `acceptance${process.pid}`;

const available = await requireServer(etcdServer);

const registries = [
  ...(available ? [{ registry: "etcd", namespace: "go.micro" }] : []),
  { registry: "mdns", namespace: mdnsNamespace },
];

describe.each(registries)("the gateway as it comes, on $registry", ({ registry, namespace }) => {
  let fleet: Fleet;
  let gateway: Gateway;
  let users: RunningProcess;
  let orders: RunningProcess;
  let closeRegistry = async (): Promise<void> => undefined;
  const prefix = `${namespace}.api`;
  // Begun at once, since it takes as long as a call may.
  let slow: Promise<Reply>;
  const url = (path: string): string => `${gateway.url}${path}`;

  beforeAll(async () => {
    let flags = ["--registry=mdns"];
    if (registry === "etcd") {
      const etcd = await startEtcd();
      closeRegistry = () => etcd.close();
      flags = ["--registry=etcd", `--registry_address=${etcd.addresses.join(",")}`];
    }
    fleet = fleetOn(flags, namespace);
    [users, , orders, gateway] = await Promise.all([
      fleet.services("user,form"),
      fleet.services("v1.user", ["--grpc_engine=grpc-js"]),
      fleet.services("orders"),
      fleet.gateway([`--namespace=${namespace}`]),
    ]);
    // The gateway may have begun first; what is declared it hears of by itself.
    await eventually(
      () => send(url("/orders/1")),
      ({ status }) => status === 200,
    );
    slow = send(url("/user/say/slow"));
  });
  afterAll(async () => {
    await fleet.stop();
    await closeRegistry();
  });

  const echoed = async (path: string, asked?: Parameters<typeof send>[1]) => {
    const reply = await send(url(path), asked);
    expect(reply.status).toBe(200);
    return reply.json as { req: unknown; metadata: Record<string, string> };
  };

  test("case 1: the query becomes the message", async () => {
    const { status, type, body } = await curl(url("/user/say/hello?name=huohuo"));
    expect({ status, type, body }).toEqual({
      status: 200,
      type: "application/json",
      body: '{"msg":"Hello huohuo"}',
    });
  });

  test("case 2: a JSON body becomes the message", async () => {
    const reply = await curl(url("/user/say/hello"), "-H", "Content-Type: application/json", "-d", '{"name":"Ann"}');
    expect(reply).toEqual({ status: 200, type: "application/json", body: '{"msg":"Hello Ann"}' });
  });

  test("case 3: the type of the request is the type of the answer, parameters and all", async () => {
    const type = "application/json; charset=utf-8";
    const reply = await curl(url("/user/say/hello"), "-H", `Content-Type: ${type}`, "-d", '{"name":"Ann"}');
    expect(reply).toMatchObject({ status: 200, type });
  });

  test("case 4: one segment is the endpoint Call", async () => {
    expect((await send(url("/user"))).json).toEqual({ msg: "User.Call" });
  });

  test("case 5: a version is part of the service's name", async () => {
    expect((await send(url("/v1/user/say/hello"))).json).toEqual({ msg: "v1" });
  });

  test("case 6: a trailing slash changes nothing", async () => {
    expect((await send(url("/user/say/hello/?name=a"))).json).toEqual({ msg: "Hello a" });
  });

  test("case 7: an unknown service is 404 and named", async () => {
    const reply = await send(url("/nobody/say/hello"));
    expect(reply).toMatchObject({ status: 404, headers: { "content-type": "application/json" } });
    expect(reply.json).toMatchObject({ code: 404, detail: expect.stringContaining("service not found") });
    expect(reply.text).toContain(`${prefix}.nobody`);
  });

  test("case 8: an unknown endpoint is 404 and named", async () => {
    const reply = await send(url("/user/say/nope"));
    expect(reply).toMatchObject({ status: 404, headers: { "content-type": "application/json" } });
    expect(reply.text).toContain("Say.Nope");
  });

  test("case 9: a service's error passes as it returned it", async () => {
    const reply = await send(url("/user/say/fail"));
    expect(reply).toMatchObject({ status: 409, headers: { "content-type": "application/json" } });
    expect(reply.json).toEqual({ id: `${prefix}.user`, code: 409, detail: "boom", status: "Conflict" });
  });

  test("case 10: any other error of a handler is 500 with its text", async () => {
    const reply = await send(url("/user/say/plain"));
    expect(reply.status).toBe(500);
    expect(reply.json).toMatchObject({ detail: expect.stringContaining("oops") });
  });

  test("case 12: an answered call is not made again", async () => {
    const runs = async () => ((await send(url("/user/say/runs"))).json as { runs?: number }).runs ?? 0;
    const before = await runs();
    expect((await sendJson(url("/user/say/once"), {})).status).toBe(500);
    expect(await runs()).toBe(before + 1);
  });

  test("case 13: dots and brackets nest", async () => {
    const { req } = await echoed("/user/say/echo?a.b=1&l[]=1&l[]=2&ok=true");
    expect(req).toEqual({ a: { b: 1 }, l: [1, 2], ok: true });
  });

  test("case 14: the body wins over the query, null included", async () => {
    const reply = await sendJson(url("/user/say/echo?id=1&name=q"), '{"name":"b","n":null}');
    expect(reply.json).toMatchObject({ req: { id: 1, n: null, name: "b" } });
  });

  test("case 15: nested nulls stay", async () => {
    const reply = await sendJson(url("/user/say/echo"), '{"o":{"z":null}}');
    expect((reply.json as { req: unknown }).req).toEqual({ o: { z: null } });
  });

  test("case 16: a body that is not JSON is 400", async () => {
    const reply = await sendJson(url("/user/say/echo"), '{"a":');
    expect(reply).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
  });

  test("case 17: big integers keep their digits", async () => {
    expect((await send(url("/user/say/echo?big=9007199254740993"))).text).toContain('"big":9007199254740993');
  });

  test("case 18: text that is not JSON is text, and a bare key is true", async () => {
    expect((await echoed("/user/say/echo?t=abc==")).req).toEqual({ t: "abc==" });
    expect((await echoed("/user/say/echo?flag")).req).toEqual({ flag: true });
  });

  test("case 19: headers cannot set fields of the message, nor speak for the system", async () => {
    const headers = { "X-Api-Field-Name": "evil", "X-Api-Body": "evil", "Micro-From-Service": "evil" };
    const { req, metadata } = await echoed("/user/say/echo", { headers });
    expect(req).toEqual({});
    expect(JSON.stringify(metadata)).not.toContain("evil");
  });

  test("case 20: headers become metadata, with the caller's host and verb", async () => {
    const headers = { "X-Trace": "7", Authorization: "Bearer t", host: "shop.example.com:8080" };
    const { metadata } = await echoed("/user/say/echo", { headers });
    expect(metadata).toMatchObject({
      "x-trace": "7",
      authorization: "Bearer t",
      method: "GET",
      // `host` itself is not a name that a gRPC call may carry.
      "x-forwarded-host": "shop.example.com:8080",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
  });

  test("case 21: a POST over a kept connection reaches a gRPC service on Node's own HTTP/2", async () => {
    const headers = ["-H", "Connection: keep-alive", "-H", "Content-Type: application/json"];
    const reply = await curl(url("/v1/user/say/hello"), ...headers, "-d", '{"name":"Ann"}');
    expect(reply).toMatchObject({ status: 200, body: '{"msg":"v1"}' });
  });

  test("case 22: a form is a flat object of texts", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { req } = await echoed("/user/say/echo", { method: "POST", headers, body: "name=Ann&age=3" });
    expect(req).toEqual({ name: "Ann", age: "3" });
  });

  test("case 23: protobuf passes both ways, and an empty message is 204", async () => {
    const asked = {
      method: "POST",
      headers: { "content-type": "application/protobuf" },
      body: Buffer.from(HelloRequest.encode({ name: "Ann" })),
    };
    const reply = await send(url("/user/say/hello"), asked);
    expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/protobuf" } });
    expect(HelloReply.decode(reply.bytes)).toEqual({ msg: "Hello Ann" });
    expect((await send(url("/user/say/nothing"), asked)).status).toBe(204);
  });

  test("case 24: every verb reaches the service and is told to it", async () => {
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const reply = await sendJson(url("/user/say/echo?id=1"), '{"a":2}', method);
      expect(reply).toMatchObject({ status: 200, json: { req: { id: 1, a: 2 }, metadata: { method } } });
    }
  });

  test("case 25: a declared template takes its path, and what stands in the path wins", async () => {
    const by = "Orders.Get";
    expect((await send(url("/orders/7"))).json).toEqual({ by, id: "7" });
    expect((await send(url("/orders/7/"))).status).toBe(404);
    expect((await send(url("/orders/7?id=8"))).json).toEqual({ by, id: "7" });
    expect((await send(url("/shops/3/orders/7"))).json).toEqual({ by, id: "7", shop: "3" });
    expect((await sendJson(url("/orders/7/items"), { name: "pen" })).json).toEqual({ name: "pen" });
  });

  test("case 26: a declared expression takes whole paths and its own verb", async () => {
    const put = (path: string): Promise<Reply> => sendJson(url(path), {}, "PUT");
    expect((await put("/o/12")).json).toEqual({ by: "Orders.Put" });
    expect((await put("/o/12x")).status).toBe(404);
    expect((await send(url("/o/12"))).status).toBe(404);
  });

  test("case 27: a service that is gone takes its routes with it, and one that comes back elsewhere is used at once", async () => {
    await orders.stop();
    const gone = await eventually(
      () => send(url("/orders/7")),
      ({ status }) => status === 404,
    );
    expect(gone.json).toMatchObject({ code: 404 });
    orders = await fleet.services("orders");
    const back = await eventually(
      () => send(url("/orders/7")),
      ({ status }) => status === 200,
    );
    expect(back.json).toEqual({ by: "Orders.Get", id: "7" });
  });

  test("case 28: a WebSocket carries a stream, with and without a query, and ends with a code that says why", async () => {
    const address = `${url("/user/say/stream")}`.replace("http", "ws");
    const socket = new WebSocket(address);
    await once(socket, "open");
    socket.send('{"n":1}');
    const [frame, binary] = (await once(socket, "message")) as [Buffer, boolean];
    expect([frame.toString(), binary]).toEqual(['{"n":1}', false]);
    socket.close();
    await users.waitForLine("Say.Stream was left");

    const asking = new WebSocket(`${address}?n=2`);
    const [first] = (await once(asking, "message")) as [Buffer];
    expect(JSON.parse(first.toString())).toEqual({ n: 2 });
    asking.send('{"fail":true}');
    const [code, reason] = (await once(asking, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1011, "422 no such frame"]);
  });

  test("a WebSocket ends its messages alone with an empty frame, and gets the reply of an endpoint that waits for that", async () => {
    const socket = new WebSocket(`${url("/user/say/sum?n=1")}`.replace("http", "ws"));
    await once(socket, "open");
    const closed = once(socket, "close");
    for (const text of ['{"n":2}', '{"n":3}', ""]) socket.send(text);
    const [reply] = (await once(socket, "message")) as [Buffer];
    expect(reply.toString()).toBe('{"n":6}');
    expect((await closed)[0]).toBe(1000);
  });

  test("bytes go to an endpoint that declares them, and are 415 for one that takes text", async () => {
    const picture = Buffer.from([0x89, 0x50, 0xff, 0x00]);
    const headers = { "content-type": "image/png" };
    const turned = await send(url("/form/turn"), { method: "POST", headers, body: picture });
    expect([turned.status, ...turned.bytes]).toEqual([200, ...picture.toReversed()]);
    const refused = await send(url("/form/submit"), { method: "POST", headers, body: picture });
    expect([refused.status, refused.text]).toEqual([415, expect.stringContaining("go.api.raw.Request")]);
  });

  test("case 37: without --enable_rpc /rpc is an error that names the flag, and calls nobody", async () => {
    const reply = await sendJson(url("/rpc"), { service: `${prefix}.user`, endpoint: "Say.Hello", request: {} });
    expect(reply.status).toBe(404);
    expect(reply.text).toContain("--enable_rpc");
  });

  test("case 38: the root tells the version", async () => {
    const reply = await send(url("/"));
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ version: expect.any(String) });
  });

  test("case 11: a call that takes too long is 504", async () => {
    const reply = await slow;
    expect(reply.status).toBe(504);
    expect(reply.json).toMatchObject({ code: 504 });
  });
});
