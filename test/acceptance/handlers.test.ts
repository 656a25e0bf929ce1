import { once } from "node:events";
import { etcdServer, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Fleet, fleetOn, type Gateway } from "./fleet.ts";
import { send, sendJson } from "./http.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("gateways of other kinds, on etcd", () => {
  let fleet: Fleet;
  let users: RunningProcess;
  let api: Gateway;
  let http: Gateway;
  let event: Gateway;
  let rpc: Gateway;
  let closeRegistry = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const etcd = await startEtcd();
    closeRegistry = () => etcd.close();
    fleet = fleetOn(["--registry=etcd", `--registry_address=${etcd.addresses.join(",")}`]);
    [users, api, http, event, rpc] = await Promise.all([
      fleet.services("user,srv.user,form,events,site"),
      fleet.gateway(["--handler=api"]),
      fleet.gateway(["--handler=http"]),
      fleet.gateway(["--handler=event", "--namespace=go.micro.evt"]),
      fleet.gateway(["--enable_rpc"]),
    ]);
  });
  afterAll(async () => {
    await fleet.stop();
    await closeRegistry();
  });

  test("case 30: the whole request travels as a message, and the answer comes from one", async () => {
    const reply = await send(`${api.url}/form/submit?x=1`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1&a=2",
    });
    expect(reply).toMatchObject({
      status: 201,
      headers: { "x-foo": ["a", "b"], "content-type": "application/json" },
      json: {
        method: "POST",
        path: "/form/submit",
        get: { x: { values: ["1"] } },
        post: { a: { values: ["1", "2"] } },
        body: "",
        header: {
          Host: { values: [new URL(api.url).host] },
          "X-Forwarded-For": { values: ["127.0.0.1"] },
        },
      },
    });
  });

  test("case 31: no status is 200", async () => {
    expect((await send(`${api.url}/form/plain`)).status).toBe(200);
  });

  test("the default gateway sees by itself that an endpoint takes the whole request", async () => {
    const reply = await send(`${rpc.url}/form/submit?x=1`);
    expect(reply).toMatchObject({ status: 201, json: { get: { x: { values: ["1"] } } } });
  });

  test("case 32: HTTP is passed on as it is", async () => {
    const host = new URL(http.url).host;
    const reply = await send(`${http.url}/site/a/b?c=1`);
    expect(reply).toMatchObject({
      status: 200,
      headers: { "set-cookie": ["a=1", "b=2"] },
      json: {
        url: "/site/a/b?c=1",
        headers: { host, "x-forwarded-for": "127.0.0.1", "x-forwarded-host": host, "x-forwarded-proto": "http" },
      },
    });
    const body = Buffer.alloc(3_000_000, "x");
    expect((await send(`${http.url}/site/up`, { method: "PUT", body })).json).toMatchObject({ bytes: body.length });
    expect((await send(`${http.url}/site/teapot`)).status).toBe(418);
    const none = await send(`${http.url}/none`);
    expect(none.status).toBe(404);
    expect(none.text).toContain("go.micro.api.none");
  });

  test("case 32: a WebSocket is passed on too", async () => {
    const socket = new WebSocket(`${http.url}/site/ws`.replace("http", "ws"));
    await once(socket, "open");
    socket.send("hello");
    const [frame] = (await once(socket, "message")) as [Buffer];
    expect(frame.toString()).toBe("hello");
    socket.close();
    await once(socket, "close");
  });

  test("case 33: a request becomes an event", async () => {
    const reply = await sendJson(`${event.url}/user/login`, '{"name":"ann"}');
    expect(reply).toMatchObject({ status: 200, text: "" });
    await users.waitForLine("event on go.micro.evt.api.user");
    const { events } = (await send(`${rpc.url}/events/list`)).json as { events: Record<string, string>[] };
    expect(events).toEqual([expect.objectContaining({ name: "login", data: '{"name":"ann"}' })]);
    expect(events[0]?.id).toMatch(/^go\.micro\.evt\.api\.user-login-[0-9a-f-]{36}$/);
  });

  const call = { service: "go.micro.srv.user", endpoint: "User.Get", request: { id: "1" } };
  const answer = { id: "1", name: "Ann" };

  test("case 34: /rpc calls any service, asked in four ways", async () => {
    const { service, endpoint, request } = call;
    const text = JSON.stringify(request);
    const form = new URLSearchParams({ service, endpoint, request: text }).toString();
    const formType = { "content-type": "application/x-www-form-urlencoded" };
    for (const reply of [
      await sendJson(`${rpc.url}/rpc`, call),
      await sendJson(`${rpc.url}/rpc`, { service, method: endpoint, request }),
      await sendJson(`${rpc.url}/rpc`, { Service: service, endpoint, request: text }),
      await send(`${rpc.url}/rpc`, { method: "POST", headers: formType, body: form }),
    ])
      expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/json" }, json: answer });
  });

  test("case 35: /rpc says what is missing, and takes POST only", async () => {
    const reply = await sendJson(`${rpc.url}/rpc`, "{}");
    expect(reply).toMatchObject({
      status: 400,
      json: { id: "go.micro.rpc", code: 400, detail: "invalid service", status: "Bad Request" },
    });
    expect((await send(`${rpc.url}/rpc`)).status).toBe(405);
    const internal = await sendJson(`${rpc.url}/rpc`, { ...call, endpoint: "Debug.Health" });
    expect(internal.status).toBe(404);
  });

  test("case 36: /rpc calls the node that is named, and keeps to the timeout that is asked for", async () => {
    const address = /ready srv\.user (\S+)/.exec(users.output())?.[1] ?? "";
    expect((await sendJson(`${rpc.url}/rpc`, { ...call, address })).json).toEqual(answer);
    const other = await sendJson(`${rpc.url}/rpc`, { ...call, address: "127.0.0.1:1" });
    expect(other.status).toBe(503);
    const slow = await send(`${rpc.url}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json", timeout: "1" },
      body: JSON.stringify({ ...call, endpoint: "Say.Slow", request: {} }),
    });
    expect(slow.status).toBe(504);
  });

  test("--explain says what a request would come to, and why", async () => {
    const { code, output } = await fleet.run(["--explain=/user/say/hello?name=a"]);
    expect(output).toMatch(/service +go\.micro\.api\.user\nendpoint +Say\.Hello\nhandler +rpc\nrule +resolver micro\n/);
    expect(code).toBe(0);
    const unknown = await fleet.run(["--explain=/nobody/x", "--method=put"]);
    expect(unknown.output).toContain("no node of go.micro.api.nobody");
    expect(unknown.code).toBe(1);
  });
});
