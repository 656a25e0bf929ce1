import { type Endpoint, memoryRegistry, memoryStore, type ServiceRecord, silentLogger, systemClock } from "@micro/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { declaredRoutes } from "./declared-routes.ts";
import { type LiveServices, liveServices } from "./live-services.ts";

let registry: ReturnType<typeof memoryRegistry>;
let services: LiveServices;
let lines: string[];
let routes: ReturnType<typeof declaredRoutes>;
let waiting: (() => void)[] = [];

beforeEach(async () => {
  registry = memoryRegistry({ store: memoryStore() });
  lines = [];
  const logger = { ...silentLogger, warn: (text: string | object) => void lines.push(String(text)) };
  routes = declaredRoutes((name) => name.startsWith("go.micro.api."), logger);
  services = liveServices({
    registry,
    logger,
    clock: systemClock,
    onEndpoints(name, now) {
      routes.put(name, now);
      for (const go of waiting) go();
      waiting = [];
    },
  });
  await services.start();
});
afterEach(async () => {
  await services.close();
  await registry.close();
});

const changed = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));

function endpoint(name: string, path: string): Endpoint {
  const metadata = { endpoint: name, handler: "rpc", method: "GET", path };
  return { name, request: undefined, response: undefined, metadata };
}

function record(name: string, version: string, nodeId: string, endpoints: Endpoint[]): ServiceRecord {
  const nodes = [{ id: nodeId, address: `127.0.0.1:${nodeId.length}`, metadata: {} }];
  return { name, version, metadata: {}, endpoints, nodes };
}

const orders = "go.micro.api.orders";
const match = (path: string) => routes.table().match({ method: "GET", path, headers: {} });

test("routes come with the first node of a service and go with the last", async () => {
  const get = [endpoint("Orders.Get", "/orders/{id}")];
  let next = changed();
  await registry.register(record(orders, "1", "a", get));
  await next;
  expect(match("/orders/7")?.service).toBe(orders);
  await registry.register(record(orders, "1", "b", get));
  await registry.deregister(record(orders, "1", "a", get));
  next = changed();
  await registry.deregister(record(orders, "1", "b", get));
  await next;
  expect(match("/orders/7")).toBeUndefined();
  expect(services.get(orders)).toBeUndefined();
});

test("versions side by side both have their routes, and what they share is the later one's", async () => {
  let next = changed();
  await registry.register(record(orders, "1.9", "a", [endpoint("Orders.Get", "/old/{id}")]));
  await next;
  next = changed();
  await registry.register(record(orders, "1.10", "b", [endpoint("Orders.Get", "/new/{id}")]));
  await next;
  expect(match("/old/1")).toBeDefined();
  expect(match("/new/1")).toBeDefined();
  expect(services.get(orders)?.endpoints.get("Orders.Get")?.metadata.path).toBe("/new/{id}");
  next = changed();
  await registry.deregister(record(orders, "1.9", "a", []));
  await next;
  expect(match("/old/1")).toBeUndefined();
});

test("a node that moves to another version takes its routes along", async () => {
  let next = changed();
  await registry.register(record(orders, "1", "a", [endpoint("Orders.Get", "/old/{id}")]));
  await next;
  next = changed();
  await registry.register(record(orders, "1", "a", [endpoint("Orders.Get", "/new/{id}")]));
  await next;
  expect(match("/old/1")).toBeUndefined();
  expect(match("/new/1")).toBeDefined();
});

test("services outside the namespace may not claim paths, and what is refused is said once", async () => {
  for (const id of ["a", "b"]) {
    const next = changed();
    await registry.register(record("go.micro.srv.evil", id, id, [endpoint("Evil.Get", "/orders/{id}")]));
    await next;
  }
  expect(match("/orders/7")).toBeUndefined();
  expect(lines).toEqual([expect.stringContaining("routes of go.micro.srv.evil are not used")]);
});

test("a declaration that cannot be used is logged, the others are used", async () => {
  const next = changed();
  await registry.register(
    record(orders, "1", "a", [endpoint("Orders.Get", "/orders/{id}"), endpoint("Orders.Bad", "/{")]),
  );
  await next;
  expect(match("/orders/7")).toBeDefined();
  expect(lines).toEqual([expect.stringContaining("Orders.Bad is not used")]);
});
