import { type CloseStack, ConfigError, closeStack, createService, type Service } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApi } from "../src/index.ts";
import { openApi } from "../src/openapi/openapi.ts";
import { startApi } from "./gateway.ts";
import { Say } from "./gen/user.ts";
import { send } from "./http.ts";

let open: CloseStack;
let address: string;
let api: Awaited<ReturnType<typeof startApi>>;

beforeAll(async () => {
  open = closeStack();
  await Promise.all(["go.micro.api.user", "staging.api.user", "staging.eu.api.user", "go.micro.srv.user"].map(greeter));
  api = await startApi(open, { namespace: "domain", routesFrom: ["go.micro.srv.*"] }, { extensions: [openApi()] });
  address = api.address;
});
afterAll(() => open.close());

/** A service that says its own name, at `/user/say/hello` and at a declared path. */
async function greeter(name: string): Promise<Service> {
  const service = open.use(
    createService({ name, address: "127.0.0.1:0", registry: "memory", argv: ["--log_level=fatal"], env: {} }),
  );
  const path = name === "go.micro.srv.user" ? "/everywhere" : "/hello/{name}";
  const metadata = { endpoint: "Say.Hello", handler: "rpc", method: "GET", path };
  const say = { name: "Say", fullName: "domain.Say", methods: { hello: { ...Say.methods.hello, metadata } } } as const;
  service.handle(say, { hello: ({ name: who }) => ({ msg: `${name} greets ${who}` }) });
  await service.start();
  return service;
}

const ask = async (host: string, path: string) => send(address, path, { headers: { host } });

test.each([
  ["staging.myapp.com", "staging.api.user"],
  ["EU.staging.myapp.com:8080", "staging.eu.api.user"],
  ["myapp.com", "go.micro.api.user"],
  ["localhost", "go.micro.api.user"],
])("a request to %s goes to %s, by path and by declared path", async (host, service) => {
  expect((await ask(host, "/user/say/hello?name=Ann")).json()).toEqual({ msg: `${service} greets Ann` });
  expect((await ask(host, "/hello/Ann")).json()).toEqual({ msg: `${service} greets Ann` });
});

test("a service declares paths for the hosts of its own namespace, and --routes_from for every host", async () => {
  expect((await ask("other.myapp.com", "/hello/Ann")).status).toBe(404);
  expect((await ask("other.myapp.com", "/everywhere?name=Ann")).json()).toEqual({
    msg: "go.micro.srv.user greets Ann",
  });
});

test("a host of a namespace without services, and one that is none, are told apart", async () => {
  const unknown = await ask("other.myapp.com", "/user/say/hello");
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining("other.api.user")]);
  const broken = await ask("a..b", "/user/say/hello");
  expect([broken.status, broken.text]).toEqual([400, expect.stringContaining("no host's name")]);
});

test("the document of a host shows what can be reached there", async () => {
  const document = async (host: string) => (await ask(host, "/openapi.json")).json() as Document;
  const staging = await document("staging.myapp.com");
  expect(staging.info.title).toBe("staging.api");
  expect(staging.tags).toEqual([{ name: "go.micro.srv.user" }, { name: "staging.api.user" }]);
  expect(Object.keys((await document("other.myapp.com")).paths)).toEqual(["/everywhere"]);
});

interface Document {
  readonly info: { readonly title: string };
  readonly tags: readonly unknown[];
  readonly paths: object;
}

test("an explanation says what the host has to do with it", async () => {
  const staging = await api.explain({ path: "/user/say/hello", host: "staging.myapp.com" });
  expect(staging.route?.service).toBe("staging.api.user");
  expect(staging.remarks).toEqual(["host staging.myapp.com tells the namespace: the services are staging.api.*"]);
  const other = await api.explain({ path: "/hello/x", host: "other.myapp.com" });
  expect(other.remarks).toContainEqual(
    "GET /hello/{name} → staging.api.user Say.Hello [rpc] takes the path, but not host other.myapp.com",
  );
  const local = await api.explain({ path: "/" });
  expect(local.remarks).toEqual(["host localhost tells no namespace: the services are go.micro.api.*"]);
  const broken = await api.explain({ path: "/hello/x", host: "a..b" });
  expect(broken.remarks[0]).toContain("no host's name");
});

test("events go to the topic of their host", async () => {
  const topics: string[] = [];
  const publish = async (topic: string): Promise<void> => void topics.push(topic);
  const { address: events } = await startApi(open, { namespace: "domain", handler: "event" }, { publish });
  await send(events, "/user/login", { method: "POST", headers: { host: "staging.myapp.com" }, body: "{}" });
  await send(events, "/user/login", { method: "POST", body: "{}" });
  expect(topics).toEqual(["staging.api.user", "go.micro.api.user"]);
});

test.each(["host", "grpc", "subdomain"] as const)("resolver %s is refused with it", (resolver) => {
  const { rawClient: client } = open.use(createService({ name: "x", registry: "memory", argv: [], env: {} }));
  const options = { namespace: "domain", resolver, handler: "http", baseDomain: "myapp.com" } as const;
  expect(() => createApi({ client }, options)).toThrow(ConfigError);
});
