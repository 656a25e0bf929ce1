import { type CloseStack, closeStack } from "@micro/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../src/index.ts";
import { openApi } from "../src/openapi/openapi.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let api: Api;
let address: string;

beforeAll(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  api = await startApi(open, {}, { registry: fleet.user.registry, extensions: [openApi()] });
  address = api.address;
});
afterAll(() => open.close());

interface Document {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        summary: string;
        tags: string[];
        parameters?: unknown[];
        requestBody?: unknown;
        responses: object;
      }
    >
  >;
}

const read = async (): Promise<Document> => (await send(address, "/openapi.json")).json() as Document;

test("every endpoint is there under the path that leads to it", async () => {
  const { openapi, paths } = await read();
  expect(openapi).toBe("3.1.0");
  expect(paths["/user/say/hello"]?.post).toMatchObject({
    tags: ["go.micro.api.user"],
    summary: "Say.Hello",
    requestBody: {
      content: { "application/json": { schema: { type: "object", properties: { name: { type: "string" } } } } },
    },
    responses: {
      "200": { content: { "application/json": { schema: { properties: { msg: { type: "string" } } } } } },
    },
  });
  for (const [path, operations] of Object.entries(paths)) {
    if (!("post" in operations)) continue;
    const { route, endpointKnown } = await api.explain({ path, method: "POST" });
    expect([path, route?.endpoint, endpointKnown]).toEqual([path, operations.post?.summary, true]);
  }
  expect(Object.keys(paths).some((path) => path.includes("debug"))).toBe(false);
});

test("declared routes are there with their verbs, variables and bodies", async () => {
  const registry = fleet.user.registry;
  const request = {
    name: "OrderRequest",
    type: "OrderRequest",
    values: [
      { name: "id", type: "int64", values: [] },
      { name: "page", type: "int32", values: [] },
      { name: "item", type: "Item", values: [{ name: "names", type: "[]string", values: [] }] },
    ],
  };
  const record = {
    name: "go.micro.api.orders",
    version: "1",
    metadata: {},
    nodes: [{ id: "orders-1", address: "127.0.0.1:1", metadata: {} }],
    endpoints: [
      {
        name: "Orders.Get",
        request,
        response: undefined,
        metadata: {
          ...{ endpoint: "Orders.Get", handler: "rpc", method: "GET", path: "/orders/{id}" },
          bindings: JSON.stringify([{ method: "POST", path: "/orders/{id}/items", body: "item" }]),
        },
      },
      {
        name: "Orders.Put",
        request: undefined,
        response: undefined,
        metadata: { endpoint: "Orders.Put", handler: "rpc", method: "PUT", path: "^/o/[0-9]+$" },
      },
    ],
  };
  await registry.register(record);
  await expect.poll(async () => Object.keys((await read()).paths)).toContain("/orders/{id}");
  const { paths } = await read();
  const ids = Object.values(paths).flatMap((operations) => Object.values(operations).map((each) => each.operationId));
  expect(ids).toContain("go.micro.api.orders.Orders.Get");
  expect(new Set(ids).size).toBe(ids.length);
  const long = { type: ["string", "integer"], format: "int64" };
  const id = { name: "id", in: "path", required: true, schema: long };
  const pageQuery = { name: "page", in: "query", schema: { type: "integer", format: "int32" } };
  expect(paths["/orders/{id}"]?.get?.parameters).toEqual([id, pageQuery]);
  expect(paths["/orders/{id}"]?.get?.requestBody).toBeUndefined();
  expect(paths["/orders/{id}/items"]?.post).toMatchObject({
    parameters: [id, pageQuery],
    requestBody: {
      content: {
        "application/json": {
          schema: { type: "object", properties: { names: { type: "array", items: { type: "string" } } } },
        },
      },
    },
  });
  expect(Object.keys(paths).filter((path) => path.includes("["))).toEqual([]);
  await registry.deregister(record);
  await expect.poll(async () => Object.keys((await read()).paths)).not.toContain("/orders/{id}");
});

test("the page and all that it loads come from the gateway", async () => {
  const page = await send(address, "/docs/");
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? "");
  expect(loaded).toContain("swagger-ui-bundle.js");
  for (const name of loaded) {
    expect(name).not.toContain(":");
    expect((await send(address, `/docs/${name}`)).status).toBe(200);
  }
  expect((await send(address, "/docs")).headers.location).toBe("docs/");
  for (const path of ["/docs/package.json", "/docs/..%2fpackage.json", "/docs/../../package.json"])
    expect((await send(address, path)).status).toBe(404);
});

test("without the extension there is neither", async () => {
  const plain = await startApi(open);
  expect((await send(plain.address, "/openapi.json")).status).toBe(404);
  expect((await send(plain.address, "/docs/")).status).toBe(404);
});
