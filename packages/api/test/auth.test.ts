import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CloseStack, ConfigError, closeStack, testClock } from "@micro/core";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type AuthOptions, auth } from "../src/auth/auth.ts";
import { type ApiOptions, cors, rateLimit } from "../src/index.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send, sendJson } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let issuerServer: Server;
let jwksUrl: string;
let lookUps = 0;
let published: object[] = [];

const issuer = "https://id.example";

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  keys = await generateKeyPair("ES256");
  published = [{ ...(await exportJWK(keys.publicKey)), kid: "1", alg: "ES256" }];
  issuerServer = createServer((_request, response) => {
    lookUps++;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => issuerServer.listen(0, "127.0.0.1", resolve));
  open.defer(() => void issuerServer.close());
  jwksUrl = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}/keys`;
});
afterAll(() => open.close());

async function token(
  claims: JWTPayload = {},
  {
    key = keys.privateKey,
    kid = "1",
    alg = "ES256",
    expires = "5m",
  }: Partial<{
    key: Parameters<SignJWT["sign"]>[0];
    kid: string;
    alg: string;
    expires: string;
  }> = {},
): Promise<string> {
  return new SignJWT({ sub: "ann", scope: "read", iss: issuer, aud: "api", ...claims })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime(expires)
    .sign(key);
}

async function start(options: Partial<AuthOptions> = {}, api: ApiOptions = {}): Promise<string> {
  const extension = auth({ issuer, audience: "api", jwksUrl, ...options });
  return (await startApi(open, api, { extensions: [cors(), extension] })).address;
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

test("without a token the answer is 401 with a go-micro error, and pages may read it", async () => {
  const address = await start();
  const reply = await send(address, "/user/say/echo", { headers: { origin: "https://a.example" } });
  expect(reply.status).toBe(401);
  expect(reply.headers).toMatchObject({ "www-authenticate": "Bearer", "access-control-allow-origin": "*" });
  expect(reply.json()).toMatchObject({ id: "go.micro.api", code: 401, status: "Unauthorized" });
});

test("services are told who asks, and no header of the caller's can say so", async () => {
  const address = await start({ public: ["/user/say/echo"] });
  const forged = { "micro-account": '{"id":"root"}', "Micro-Account": '{"id":"root"}', "micro-from-service": "x" };
  const signed = await token({ sub: "änn", scope: "read write" });
  const reply = await send(address, "/user/say/echo", { headers: { ...forged, ...bearer(signed) } });
  const { metadata } = reply.json() as { metadata: Record<string, string> };
  expect(JSON.parse(metadata["micro-account"] ?? "")).toEqual({ id: "änn", issuer, scopes: ["read", "write"] });
  expect(metadata["micro-account"]).toMatch(/^[\x20-\x7e]*$/);
  const anonymous = await send(address, "/user/say/echo", { headers: forged });
  expect((anonymous.json() as { metadata: object }).metadata).not.toHaveProperty("micro-account");
  const seen: string[] = [];
  fleet.onForm(({ header }) => {
    seen.push(...Object.keys(header));
    return { statusCode: 200 };
  });
  expect((await send(address, "/form/submit", { headers: { ...forged, ...bearer(signed) } })).status).toBe(200);
  expect(seen.filter((name) => name.toLowerCase().startsWith("micro-"))).not.toContain("Micro-From-Service");
});

test("tokens that are not the issuer's, not for here, too old or not signed as agreed are 401", async () => {
  const address = await start();
  const stranger = await generateKeyPair("ES256");
  const secret = new TextEncoder().encode(JSON.stringify(published[0]).padEnd(64));
  const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ sub: "ann", iss: issuer, aud: "api", exp: 9e9 }))}.`;
  const bad = [
    await token({ iss: "https://other.example" }),
    await token({ aud: "other" }),
    await token({}, { expires: "-1m" }),
    await token({ nbf: Math.floor(Date.now() / 1_000) + 600 }),
    await token({}, { key: stranger.privateKey }),
    await token({}, { key: secret, alg: "HS256" }),
    none.replaceAll("=", ""),
    `${(await token()).slice(0, -4)}AAAA`,
    "x",
    "a.b.c",
  ];
  for (const each of bad) {
    const reply = await send(address, "/user/say/hello", { headers: bearer(each) });
    expect([each, reply.status, reply.headers["www-authenticate"]]).toEqual([
      each,
      401,
      'Bearer error="invalid_token"',
    ]);
  }
  expect((await send(address, "/user/say/hello", { headers: bearer(await token()) })).status).toBe(200);
});

test("scopes hold on every path to an endpoint; who has them not gets 403", async () => {
  const address = await start({ scopes: { "go.micro.api.user/Say.Hello": "write", "go.micro.api.user/*": "read" } });
  for (const path of ["/user/say/hello", "//user/./say/hello", "/user/Say/Hello", "/user/say/h%65llo"]) {
    const refused = await send(address, path, { headers: bearer(await token()) });
    expect([path, refused.status]).toEqual([path, 403]);
    expect(refused.headers["www-authenticate"]).toBe('Bearer error="insufficient_scope", scope="write"');
    expect(refused.json()).toMatchObject({ id: "go.micro.api", code: 403, detail: expect.stringContaining("write") });
  }
  for (const claims of [{ scope: "read write" }, { scope: undefined, scp: ["read", "write"] }])
    expect((await send(address, "/user/say/hello", { headers: bearer(await token(claims)) })).status).toBe(200);
  expect((await send(address, "/user/say/echo", { headers: bearer(await token({ scope: "" })) })).status).toBe(403);
});

test("public is what is listed, health and the root; a bad token there counts as none", async () => {
  const address = await start({ public: ["go.micro.api.user/Say.Hello"] });
  expect((await send(address, "/user/say/hello", { headers: bearer("old") })).status).toBe(200);
  expect((await send(address, "/user/say/echo")).status).toBe(401);
  for (const path of ["/", "/health/live", "/health/ready"]) expect((await send(address, path)).status).toBe(200);
});

test("paths of the gateway's own need a token too", async () => {
  const address = await start({ scopes: { "/rpc": "admin" } }, { enableRpc: true });
  const call = JSON.stringify({ service: "go.micro.api.user", endpoint: "Say.Hello", request: { name: "a" } });
  expect((await sendJson(address, "/rpc", call)).status).toBe(401);
  const headers = { "content-type": "application/json" };
  const as = async (scope: string) =>
    send(address, "/rpc", { method: "POST", headers: { ...headers, ...bearer(await token({ scope })) }, body: call });
  expect((await as("read")).status).toBe(403);
  expect((await as("admin")).json()).toEqual({ msg: "Hello a" });
  await expect(start({ scopes: { "go.micro.api.user/*": "read" } }, { enableRpc: true })).rejects.toThrow(ConfigError);
});

test("who is refused is counted by a limit, and accounts have limits of their own", async () => {
  const extensions = [
    auth({ issuer, audience: "api", jwksUrl }),
    rateLimit({ rules: [{ requests: 2, perMs: 3_600_000 }] }),
  ];
  const { address } = await startApi(open, { enableRpc: true }, { extensions });
  const statuses = async (path: string, headers = {}) => (await send(address, path, { headers })).status;
  expect([await statuses("/rpc"), await statuses("/user/say/hello"), await statuses("/rpc")]).toEqual([401, 401, 429]);
  for (const sub of ["ann", "bob"]) {
    const headers = bearer(await token({ sub }));
    const seen = [1, 2, 3].map(() => statuses("/user/say/hello", headers));
    expect((await Promise.all(seen)).sort()).toEqual([200, 200, 429]);
  }
});

test("a WebSocket needs a token as well", async () => {
  const address = await start();
  const socket = new WebSocket(`ws://${address}/user/say/echo`);
  const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
  expect(error.message).toContain("401");
});

test("a cookie may hold the token, but not when another origin's page sends it", async () => {
  const address = await start({ cookie: "micro-token", cookieOrigins: ["https://a.example"] });
  const cookie = `x=1; micro-token=${await token()}`;
  const status = async (headers: Record<string, string>) =>
    (await send(address, "/user/say/hello", { method: "POST", headers: { cookie, ...headers } })).status;
  expect(await status({})).toBe(200);
  expect(await status({ origin: "https://a.example" })).toBe(200);
  expect(await status({ origin: `http://${address}` })).toBe(200);
  expect(await status({ origin: "https://evil.example" })).toBe(401);
  expect(await status({ origin: "null" })).toBe(401);
  expect(await status({ "sec-fetch-site": "cross-site" })).toBe(401);
  const none = await start();
  expect((await send(none, "/user/say/hello", { headers: { cookie } })).status).toBe(401);
});

test("a token that was good is refused once it ends", async () => {
  const clock = testClock(Date.now());
  const extension = auth({ issuer, audience: "api", jwksUrl, clockToleranceMs: 0 });
  const { address } = await startApi(open, {}, { clock, extensions: [extension] });
  const headers = bearer(await token({}, { expires: "30s" }));
  const status = async () => (await send(address, "/user/say/hello", { headers })).status;
  expect([await status(), await status()]).toEqual([200, 200]);
  await clock.advance(31_000);
  expect(await status()).toBe(401);
});

test("keys are looked up once, and again for a key that is new", async () => {
  const address = await start();
  const before = lookUps;
  for (let at = 0; at < 5; at++) await send(address, "/user/say/hello", { headers: bearer(await token()) });
  expect(lookUps).toBe(before);
});

test("while keys cannot be had the answer is 503, not 401", async () => {
  const address = await start({ jwksUrl: "http://127.0.0.1:1/keys" });
  const reply = await send(address, "/user/say/hello", { headers: bearer(await token()) });
  expect(reply.status).toBe(503);
});

test.each<[string, Partial<AuthOptions>]>([
  ["shared secrets", { algorithms: ["HS256"] }],
  ["no signature", { algorithms: ["none"] }],
  ["no issuer", { issuer: "" }],
  ["no audience", { audience: [] }],
  ["keys in clear over the network", { jwksUrl: "http://id.example/keys" }],
  ["two sources of keys", { jwksFile: "/keys.json" }],
  ["a rule that is none", { public: ["user"] }],
])("%s is refused before anything starts", async (_what, options) => {
  await expect(start(options)).rejects.toThrow(ConfigError);
});
