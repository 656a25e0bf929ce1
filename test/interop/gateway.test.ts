import { request } from "node:http";
import { type EtcdCluster, etcdServer, freePort, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registryArgs } from "./fleet.ts";
import { requireGo, startGo, startGoPeer } from "./go-peer.ts";
import { startOurPeer, startOurs } from "./programs.ts";

const available = (await requireServer(etcdServer)) && (await requireGo()) && (await requireGo("micro"));

const form = "application/x-www-form-urlencoded";

describe.skipIf(!available)("go's micro api in front of our services", () => {
  let etcd: EtcdCluster;
  const running: (RunningProcess | { stop(): Promise<unknown> })[] = [];
  const urls: Record<string, string> = {};

  beforeAll(async () => {
    etcd = await startEtcd();
    const args = registryArgs("etcd", etcd.addresses);
    running.push(await startOurs("user-srv", args), await startOurs("user-api", args));
    running.push(await startOurPeer("go.micro.api.ts", args));
    running.push(await startGoPeer({ name: "go.micro.api.go", args }));
    for (const handler of ["api", "rpc"]) {
      const port = await freePort();
      const flags = ["api", `--handler=${handler}`, `--address=127.0.0.1:${port}`];
      const gateway = await startGo("micro", `micro api --handler=${handler}`, [...args, ...flags]);
      running.push(gateway);
      await gateway.waitForLine(/HTTP API Listening on/);
      urls[handler] = `http://127.0.0.1:${port}`;
    }
  });
  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
    await etcd?.close();
  });
  it("answers the sample's line byte for byte", async () => {
    expect(await send(`${urls.api}/user/say/hello?name=huohuo`)).toEqual({
      status: 200,
      body: '{"id":"123","password":"dslhgfoif40u9b9","username":"huohuo"}',
    });
  });

  it("gives the sample's error", async () => {
    expect(await send(`${urls.api}/user/say/hello`)).toEqual({
      status: 400,
      body: '{"id":"go.micro.api.user","code":400,"detail":"Name cannot be blank","status":"Bad Request"}',
    });
  });

  // Each of these headers reaches the service, since the gateway forwards all of them.
  it.each([
    ["a connection kept alive", { headers: { connection: "keep-alive", "keep-alive": "timeout=5" } }],
    ["a body of known length", { method: "POST", body: "x=1", headers: { "content-type": form } }],
    ["a body in chunks", { method: "POST", body: "x=1", chunked: true, headers: { "content-type": form } }],
    ["an offer to upgrade", { headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", te: "trailers" } }],
  ])("answers the sample's line with %s", async (_what, request) => {
    const { status, body } = await send(`${urls.api}/user/say/hello?name=huohuo`, request);
    expect([status, body]).toEqual([200, expect.stringContaining('"username":"huohuo"')]);
  });

  const json = { "content-type": "application/json" };

  it.each([
    ["GET with a query", "/peer/echo?text=hello&yes=true&big=12", {}, '{"text":"hello","big":"12","yes":true}'],
    ["GET with a parameter twice", "/peer/echo?text=one&text=two", {}, '{"text":"two"}'],
    ["GET without a query", "/peer/echo", {}, "{}"],
    ["POST", "/peer/echo", { method: "POST", body: '{"text":"a"}', headers: json }, '{"text":"a"}'],
    [
      "POST in chunks",
      "/peer/echo",
      { method: "POST", body: '{"text":"a"}', chunked: true, headers: json },
      '{"text":"a"}',
    ],
    ["POST with an empty body", "/peer/echo", { method: "POST", body: "", headers: json }, "{}"],
  ])("answers %s through the rpc handler as it does for a go service", async (_what, path, request, body) => {
    const gos = await send(`${urls.rpc}/go${path}`, request);
    expect(gos).toEqual({ status: 200, body });
    expect(await send(`${urls.rpc}/ts${path}`, request)).toEqual(gos);
  });

  it.each([
    ["/peer/fail?manner=error&code=409&id=x&detail=d", 409],
    ["/peer/nope", 500],
  ])("gives the error of %s through the rpc handler as it does for a go service", async (path, status) => {
    const gos = await send(`${urls.rpc}/go${path}`);
    expect(gos.status).toBe(status);
    expect(await send(`${urls.rpc}/ts${path}`)).toEqual(gos);
  });
});

interface Sent {
  method?: string;
  body?: string;
  chunked?: boolean;
  headers?: Record<string, string>;
}

/** Sends just these headers: no `Connection` unless given, and a `Content-Length` only with a body. */
function send(
  url: string,
  { method = "GET", body, chunked = false, headers = {} }: Sent = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const outgoing = request(
      url,
      { method, headers: { ...headers, ...length }, agent: false, timeout: 20_000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        response.on("error", reject);
      },
    );
    if (!headers.connection) outgoing.removeHeader("connection");
    outgoing.on("timeout", () => outgoing.destroy(new Error(`${url} did not answer within 20 s`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
