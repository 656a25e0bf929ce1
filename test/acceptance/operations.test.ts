import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, spawnNode } from "@micro/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, fleetOn, type Gateway } from "./fleet.ts";
import { eventually, send } from "./http.ts";

const namespace = `operations${process.pid}`;

let fleet: Fleet;
let gateway: Gateway;

beforeAll(async () => {
  fleet = fleetOn(["--registry=mdns"], namespace);
  const flags = ["--enable_cors", "--enable_stats", "--enable_metrics", "--enable_openapi"];
  [, gateway] = await Promise.all([
    fleet.services("user"),
    fleet.gateway([`--namespace=${namespace}`, ...flags, "--cors_origins=https://a.example"]),
  ]);
  await eventually(
    () => send(url("/user/say/hello")),
    ({ status }) => status === 200,
  );
});
afterAll(() => fleet.stop());

const url = (path: string): string => `${gateway.url}${path}`;

test("case 29: OPTIONS is answered for the page, and the service is not called", async () => {
  const headers = { origin: "https://a.example" };
  const reply = await fetch(url("/user/say/hello"), { method: "OPTIONS", headers });
  expect([reply.status, await reply.text()]).toEqual([204, ""]);
  expect(reply.headers.get("access-control-allow-origin")).toBe("https://a.example");
  const other = await fetch(url("/user/say/hello"), { method: "OPTIONS", headers: { origin: "https://b.example" } });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});

test("case 40: /stats counts a 409 as 40x", async () => {
  await fetch(url("/user/say/fail"));
  const reply = await fetch(url("/stats"), { headers: { "content-type": "application/json" } });
  const { counters } = (await reply.json()) as {
    counters: { status_codes: Record<string, number>; total_reqs: number }[];
  };
  const sum = (of: (each: (typeof counters)[number]) => number) => counters.reduce((all, each) => all + of(each), 0);
  expect(sum(({ status_codes }) => status_codes["40x"] ?? 0)).toBeGreaterThanOrEqual(1);
  expect(sum(({ status_codes }) => status_codes["20x"] ?? 0)).toBeGreaterThanOrEqual(1);
  expect(sum(({ total_reqs }) => total_reqs)).toBeGreaterThanOrEqual(2);
});

test("health, metrics and the document are there", async () => {
  expect((await fetch(url("/health/ready"))).status).toBe(200);
  expect(await (await fetch(url("/metrics"))).text()).toContain('endpoint="Say.Hello"');
  expect(Object.keys(((await (await fetch(url("/openapi.json"))).json()) as { paths: object }).paths)).toContain(
    "/user/say/hello",
  );
});

test("--namespace=domain takes the namespace from the Host, for paths and for declared routes", async () => {
  const [, byHost] = await Promise.all([fleet.services("orders"), fleet.gateway(["--namespace=domain"])]);
  const ask = (path: string, host: string) => send(`${byHost.url}${path}`, { headers: { host } });
  const own = `${namespace}.example.com`;
  for (const path of ["/user/say/hello?name=x", "/orders/7"])
    await eventually(
      () => ask(path, own),
      ({ status }) => status === 200,
    );
  expect((await ask("/user/say/hello?name=x", `${own}:8080`)).json).toEqual({ msg: "Hello x" });
  expect((await ask("/orders/7", own)).json).toMatchObject({ by: "Orders.Get", id: "7" });
  const elsewhere = await ask("/orders/7", "example.com");
  expect([elsewhere.status, elsewhere.text]).toEqual([404, expect.stringContaining("go.micro.api.orders")]);
  // Whether it has heard of nodes by now is another matter.
  const { output } = await fleet.run(["--namespace=domain", "--explain=/user/say/hello", `--host=${own}`]);
  expect(output).toContain(`- host ${own} tells the namespace: the services are ${namespace}.api.*`);
  expect(output).toMatch(new RegExp(`service +${namespace}\\.api\\.user\n`));
});

test("what is loaded only when flags ask for it is part of the program as published", async () => {
  const bundled = async (...flags: string[]) => {
    const fixed = ["--registry=memory", "--server_address=127.0.0.1:0", "--address=127.0.0.1:0"];
    await using child = await spawnNode(bundle, ["api", ...fixed, ...flags], { name: "bundle" });
    return { ...(await child.exited), output: child.output() };
  };
  const domain = await bundled("--namespace=domain", "--explain=/user", "--host=eu.example.com");
  expect(domain.output).toMatch(/service +eu\.api\.user\n/);
  const cache = await mkdtemp(join(tmpdir(), "micro-acme-"));
  const acme = ["--enable_acme", "--acme_hosts=a.example", "--acme_challenge=tls-alpn-01", `--acme_cache=${cache}`];
  const refused = await bundled(...acme, `--acme_directory=http://127.0.0.1:${await freePort()}/dir`);
  await rm(cache, { recursive: true });
  expect([refused.code, refused.output]).toEqual([2, expect.stringContaining("the authority cannot be reached")]);
});

const bundle = fileURLToPath(new URL("../../packages/micro/bundle/main.mjs", import.meta.url));
