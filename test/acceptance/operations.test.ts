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
