import { type CloseStack, ConfigError, closeStack } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CorsOptions, cors } from "../src/index.ts";
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

async function start(options?: CorsOptions): Promise<string> {
  return (await startApi(open, {}, { extensions: [cors(options)] })).address;
}

test("any OPTIONS is answered by the gateway, and no service is called", async () => {
  const address = await start();
  const reply = await send(address, "/user/say/once", { method: "OPTIONS", headers: { origin: "https://a.example" } });
  expect(reply).toMatchObject({ status: 204, text: "" });
  expect(reply.headers).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": expect.stringContaining("Authorization"),
    "access-control-max-age": "600",
  });
  expect(reply.headers["access-control-allow-credentials"]).toBeUndefined();
  expect(fleet.runs.once).toBe(0);
});

test("without it there is nothing of the kind", async () => {
  const { address } = await startApi(open);
  const reply = await send(address, "/user/say/hello", { headers: { origin: "https://a.example" } });
  expect(Object.keys(reply.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test("listed origins may use credentials, others get nothing, and caches keep them apart", async () => {
  const address = await start({ origins: ["https://a.example", "https://*.b.example"] });
  const ask = (origin: string | undefined, path = "/user/say/hello") =>
    send(address, path, { headers: origin === undefined ? {} : { origin } });
  for (const origin of ["https://a.example", "https://x.b.example", "https://x.y.b.example"]) {
    expect((await ask(origin)).headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "X-Request-Id, Retry-After",
      vary: "Origin",
    });
  }
  const others = ["https://b.example", "https://a.example.evil", "http://a.example", "https://evil/.b.example", "null"];
  for (const origin of [undefined, ...others]) {
    const { headers, status } = await ask(origin);
    expect([status, headers["access-control-allow-origin"], headers.vary]).toEqual([200, undefined, "Origin"]);
  }
});

test("a page may read failures too", async () => {
  const address = await start({ origins: ["https://a.example"] });
  const reply = await send(address, "/nobody/a/b", { headers: { origin: "https://a.example" } });
  expect(reply).toMatchObject({ status: 404, headers: { "access-control-allow-origin": "https://a.example" } });
});

test("headers, methods and age are what is configured; * takes any header", async () => {
  const address = await start({ headers: ["*"], methods: ["GET"], maxAgeMs: 60_000, exposedHeaders: [] });
  const headers = { origin: "https://a.example", "access-control-request-headers": "x-own, x-other" };
  expect((await send(address, "/user", { method: "OPTIONS", headers })).headers).toMatchObject({
    "access-control-allow-headers": "x-own, x-other",
    "access-control-allow-methods": "GET",
    "access-control-max-age": "60",
    vary: "Access-Control-Request-Headers",
  });
});

test("credentials for any origin, and what is no origin, are refused at once", () => {
  expect(() => cors({ credentials: true })).toThrow(ConfigError);
  for (const origin of ["a.example", "https://a.example/path", "https://*", ""])
    expect(() => cors({ origins: [origin] })).toThrow(ConfigError);
});
