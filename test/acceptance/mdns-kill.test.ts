import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fleet, fleetOn, type Gateway } from "./fleet.ts";
import { eventually, type Reply, send } from "./http.ts";

// Processes ended by SIGKILL say no goodbye. On mDNS nodes answer for themselves and nothing stores a time to live, so what they
// registered is gone once they have missed two rounds of questions, which come every 30 seconds.
const goneMs = 90_000;
const timeoutMs = 180_000;

const namespace = `killed${process.pid}`;

let fleet: Fleet;
let gateway: Gateway;

beforeAll(async () => {
  fleet = fleetOn(["--registry=mdns"], namespace);
  gateway = await fleet.gateway([`--namespace=${namespace}`]);
});
afterAll(() => fleet.stop());

const ask = (path: string): Promise<Reply> => send(`${gateway.url}${path}`);
const ok = ({ status }: Reply): boolean => status === 200;
const detailOf = (reply: Reply): string => (reply.json as { detail: string }).detail;

test("copies that are killed cost no two calls in a row, and go with their services and routes", {
  timeout: timeoutMs,
}, async () => {
  const [killed, alone, left] = await Promise.all([
    fleet.services("user,orders"),
    fleet.services("v1.user"),
    fleet.services("user"),
  ]);
  const seen = new Set<string>();
  await eventually(
    async () => {
      const reply = await ask("/user/say/who");
      if (ok(reply)) seen.add(reply.text);
      return reply;
    },
    () => seen.size === 2,
  );
  expect(seen.size).toBe(2);
  expect((await eventually(() => ask("/orders/7"), ok)).json).toMatchObject({ by: "Orders.Get", id: "7" });
  expect((await eventually(() => ask("/v1/user/say/hello"), ok)).json).toEqual({ msg: "v1" });

  await Promise.all([killed.kill9(), alone.kill9()]);
  const statuses: number[] = [];
  const goOn = async (): Promise<void> => {
    statuses.push((await ask("/user/say/who")).status);
  };
  for (let at = 0; at < 100; at++) await goOn();

  // Until they are given up their services and routes count as there, and nobody answers at their addresses.
  for (const path of ["/orders/7", "/v1/user/say/hello"]) {
    const early = await ask(path);
    expect([early.status, detailOf(early)]).toEqual([503, expect.stringContaining("ECONNREFUSED")]);
  }
  for (const [path, service] of [
    ["/v1/user/say/hello", "v1.user"],
    ["/orders/7", "orders"],
  ] as const) {
    const gone = await eventually(
      async () => {
        await goOn();
        return ask(path);
      },
      ({ status }) => status === 404,
      goneMs,
    );
    expect([gone.status, detailOf(gone)]).toEqual([
      404,
      expect.stringContaining(`service not found: ${namespace}.api.${service}`),
    ]);
  }
  await gateway.process.waitForLine(`declared routes of ${namespace}.api.orders are removed`);
  for (let at = 0; at < 20; at++) await goOn();
  expect(statuses.join(" ")).not.toMatch(/(?:^| )(?!200)\d+ (?!200)\d+/);
  expect(statuses.slice(-20)).toEqual(Array(20).fill(200));

  await left.kill9();
  const none = await ask("/user/say/who");
  expect([none.status, detailOf(none)]).toEqual([503, expect.stringContaining("127.0.0.1")]);

  // One that comes back elsewhere is used at once, with the routes that it declares.
  await fleet.services("user,orders");
  expect((await eventually(() => ask("/orders/8"), ok)).json).toMatchObject({ by: "Orders.Get", id: "8" });
  expect(ok(await eventually(() => ask("/user/say/who"), ok))).toBe(true);
});
