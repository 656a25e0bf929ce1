import { type CloseStack, closeStack } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stats } from "../src/index.ts";
import { metrics } from "../src/metrics/metrics.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
});
afterAll(() => open.close());

test("requests are counted by endpoint and status, and timed", async () => {
  const { address } = await startApi(open, {}, { client: fleet.user.rawClient, extensions: [metrics()] });
  await send(address, "/user/say/hello");
  await send(address, "/user/say/hello");
  await send(address, "/user/say/fail");
  const { text, headers } = await send(address, "/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  const labels = 'service="go.micro.api.user",endpoint="Say.Hello",handler="rpc"';
  expect(text).toContain(`micro_api_requests_total{${labels},status="200"} 2`);
  expect(text).toMatch(/micro_api_requests_total\{[^}]*endpoint="Say\.Fail"[^}]*status="409"\} 1/);
  expect(text).toContain(`micro_api_request_duration_seconds_count{${labels}} 2`);
  expect(text).toMatch(/^micro_api_requests_in_flight 1$/m);
  expect(text).toMatch(/^micro_client_calls_total [3-9]\d*$/m);
  expect(text).toMatch(/^micro_client_retries_total 0$/m);
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
});

test("names that are only spelled in a path get no labels of their own", async () => {
  const { address } = await startApi(open, {}, { extensions: [metrics()] });
  for (let at = 0; at < 50; at++) await send(address, `/nobody${at}/a/b`);
  const { text } = await send(address, "/metrics");
  expect(text).not.toContain("nobody");
  expect(text).toMatch(/micro_api_requests_total\{service="other",endpoint="other",handler="rpc",status="404"\} 50/);
});

test("without the extension there are no such paths, and with an admin address they are there alone", async () => {
  const plain = await startApi(open);
  expect((await send(plain.address, "/metrics")).status).toBe(404);
  const apart = await startApi(open, { adminAddress: "127.0.0.1:0" }, { extensions: [metrics(), stats()] });
  expect((await send(apart.address, "/metrics")).status).toBe(404);
  expect((await send(apart.address, "/stats")).status).toBe(404);
  expect((await send(apart.adminAddress, "/metrics")).status).toBe(200);
  expect((await send(apart.adminAddress, "/stats")).status).toBe(200);
});

test("stats count each answer under its own status", async () => {
  const { address } = await startApi(open, {}, { extensions: [stats()] });
  await send(address, "/user/say/hello");
  await send(address, "/user/say/fail");
  const { headers, ...reply } = await send(address, "/stats", { headers: { "content-type": "application/json" } });
  expect(headers["content-type"]).toBe("application/json");
  const report = reply.json() as { counters: { status_codes: Record<string, number>; total_reqs: number }[] };
  expect(report).toMatchObject({ started: expect.any(Number), memory: expect.stringMatching(/^\d+\.\d\dmb$/) });
  const sum = (name: string) => report.counters.reduce((all, each) => all + (each.status_codes[name] ?? 0), 0);
  expect([sum("20x"), sum("40x"), sum("50x")]).toEqual([1, 1, 0]);
  expect(report.counters.reduce((all, each) => all + each.total_reqs, 0)).toBe(2);
});

test("a browser gets the stats as a page", async () => {
  const { address } = await startApi(open, {}, { extensions: [stats()] });
  const page = await send(address, "/stats", { headers: { accept: "text/html,application/json" } });
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(page.text).toContain("<polyline");
});
