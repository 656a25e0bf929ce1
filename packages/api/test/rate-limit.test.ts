import { type CloseStack, ConfigError, closeStack, testClock } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiOptions, parseRate, type RateLimitRule, rateLimit } from "../src/index.ts";
import { startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
beforeAll(async () => {
  open = closeStack();
  open.use(await startFleet());
});
afterAll(() => open.close());

const clock = testClock();

async function start(rules: RateLimitRule[], options: ApiOptions = {}): Promise<string> {
  return (await startApi(open, options, { clock, extensions: [rateLimit({ rules })] })).address;
}

const statuses = async (address: string, path: string, times: number, headers = {}) => {
  const all: number[] = [];
  for (let at = 0; at < times; at++) all.push((await send(address, path, { headers })).status);
  return all;
};

test("who asks too often is told 429 and when to come back, and health is always told", async () => {
  const address = await start([{ requests: 2, perMs: 10_000 }]);
  expect(await statuses(address, "/user/say/hello", 2)).toEqual([200, 200]);
  const refused = await send(address, "/user/say/hello");
  expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
  expect(refused.json()).toMatchObject({ id: "go.micro.api", code: 429, status: "Too Many Requests" });
  expect(await statuses(address, "/health/live", 5)).toEqual([200, 200, 200, 200, 200]);
  await clock.advance(5_000);
  expect(await statuses(address, "/user/say/hello", 2)).toEqual([200, 429]);
});

test("behind a trusted proxy each address has its own, and from others the header means nothing", async () => {
  const rules = [{ requests: 1, perMs: 60_000 }];
  const from = (address: string) => ({ "x-forwarded-for": address });
  const trusted = await start(rules, { trustedProxies: ["127.0.0.1"] });
  expect(await statuses(trusted, "/", 2, from("192.0.2.1"))).toEqual([200, 429]);
  expect(await statuses(trusted, "/", 2, from("192.0.2.2"))).toEqual([200, 429]);
  expect(await statuses(trusted, "/", 1, from("9.9.9.9, 192.0.2.2"))).toEqual([429]);
  const plain = await start(rules);
  expect(await statuses(plain, "/", 1, from("192.0.2.1"))).toEqual([200]);
  expect(await statuses(plain, "/", 1, from("192.0.2.2"))).toEqual([429]);
});

test("an endpoint may have a limit of its own, on every path to it", async () => {
  const address = await start([{ targets: ["go.micro.api.user/Say.Hello"], requests: 1, perMs: 60_000 }]);
  expect(await statuses(address, "/user/say/hello", 1)).toEqual([200]);
  expect(await statuses(address, "/user/./Say/Hello", 1)).toEqual([429]);
  expect(await statuses(address, "/user/say/echo", 2)).toEqual([200, 200]);
});

test("a limit by `all` is shared, and paths of the gateway's own can have one", async () => {
  const rule: RateLimitRule = { targets: ["/favicon.ico"], by: "all", requests: 1, perMs: 60_000 };
  const address = await start([rule], { trustedProxies: ["127.0.0.1"] });
  expect(await statuses(address, "/favicon.ico", 1, { "x-forwarded-for": "192.0.2.1" })).toEqual([200]);
  expect(await statuses(address, "/favicon.ico", 1, { "x-forwarded-for": "192.0.2.2" })).toEqual([429]);
});

test("rates are read as they are written", () => {
  expect(parseRate("100/1s")).toEqual({ requests: 100, perMs: 1_000 });
  expect(parseRate("5/m")).toEqual({ requests: 5, perMs: 60_000 });
  for (const text of ["", "5", "0/1s", "5/", "-1/1s", "5/0s", "5/week", "1.5/1s"])
    expect(() => parseRate(text)).toThrow();
  expect(() => rateLimit({ rules: [] })).not.toThrow(ConfigError);
});
