import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { memoryRegistry } from "../../registry/memory.ts";
import { memoryStore } from "../../registry/memory-store.ts";
import type { Node, Registry } from "../../registry/registry.ts";
import { systemClock, testClock } from "../../words/clock.ts";
import { type MicroError, unavailable } from "../../words/errors.ts";
import { silentLogger } from "../../words/logger.ts";
import { ConfigError } from "../../words/plugin.ts";
import type { Broker, BrokerMessage } from "../broker.ts";
import { type HttpBrokerOptions, httpBroker, httpBrokerPlugin } from "./http.ts";

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

function brokerWith(registry: Registry, options: Partial<HttpBrokerOptions> = {}): Broker {
  const broker = httpBroker({ registry, noticeMs: 0, unknownMs: 0, drainTimeoutMs: 200, ...options });
  opened.push(broker);
  return broker;
}

function message(text: string, headers: Record<string, string> = {}): BrokerMessage {
  return { headers, body: Buffer.from(text) };
}

/** A broker that keeps the texts it gets, and resolves `until` when there are enough. */
function collector() {
  const texts: string[] = [];
  let wake: () => void = () => undefined;
  return {
    texts,
    handler({ message: { body } }: { message: BrokerMessage }): void {
      texts.push(Buffer.from(body).toString());
      wake();
    },
    async until(count: number): Promise<void> {
      while (texts.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}

async function nodesOf(registry: Registry, service = "micro.http.broker"): Promise<(Node & { version: string })[]> {
  const records = await registry.getService(service);
  return records.flatMap((record) => record.nodes.map((node) => ({ ...node, version: record.version })));
}

async function firstNode(registry: Registry, service?: string): Promise<Node> {
  const [node] = await nodesOf(registry, service);
  if (!node) throw new Error("nothing is registered");
  return node;
}

/** Somebody else's listener, registered as a subscriber. */
async function foreignSubscriber(
  registry: Registry,
  topic: string,
  answer: (body: string, server: Server) => { status?: number; text?: string; hang?: boolean },
  version = "ff.http.broadcast",
): Promise<{ bodies: string[]; node: Node }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      bodies.push(`${request.url} ${body}`);
      const { status = 200, text = "", hang = false } = answer(body, server);
      if (hang) return;
      response.statusCode = status;
      response.end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push({
    async close() {
      server.closeAllConnections();
      server.close();
    },
  });
  const { port } = server.address() as AddressInfo;
  const node = {
    id: `${topic}-foreign-${port}`,
    address: `127.0.0.1:${port}`,
    metadata: { broker: "http", topic, secure: "false" },
  };
  await registry.register({ name: "micro.http.broker", version, metadata: {}, endpoints: [], nodes: [node] });
  return { bodies, node };
}

describe("what is registered", () => {
  it("is go-micro's record, one for each subscription", async () => {
    const registry = memoryRegistry();
    const broker = brokerWith(registry);
    await broker.subscribe("greeted", () => undefined);
    await broker.subscribe("greeted", () => undefined, { queue: "workers" });
    const uuid = /^greeted-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const node = {
      id: expect.stringMatching(uuid),
      address: broker.address,
      metadata: { broker: "http", secure: "false", topic: "greeted" },
    };
    const rest = { name: "micro.http.broker", metadata: {}, endpoints: [] };
    expect(await registry.getService("micro.http.broker")).toEqual([
      { ...rest, version: "ff.http.broadcast", nodes: [node] },
      { ...rest, version: "workers", nodes: [node] },
    ]);
    expect(broker.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await registry.listServices()).toHaveLength(2);
  });

  it("is renewed every 30 s of a time to live of 60 s, sooner after a failure, and goes with the subscription", async () => {
    const clock = testClock();
    const registry = memoryRegistry({ clock });
    const calls: (number | undefined)[] = [];
    let failing = false;
    const counting: Registry = {
      ...registry,
      async register(record, options) {
        calls.push(options?.ttlMs);
        if (failing) throw unavailable("test", "the registry is down");
        await registry.register(record, options);
      },
    };
    const broker = brokerWith(counting, { clock });
    const subscription = await broker.subscribe("greeted", () => undefined);
    await clock.advance(30_000);
    expect(calls).toEqual([60_000, 60_000]);
    failing = true;
    await clock.advance(30_000);
    expect(calls).toHaveLength(3);
    failing = false;
    await clock.advance(500);
    expect(calls).toHaveLength(4);
    await clock.advance(59_000);
    expect(await nodesOf(registry)).toHaveLength(1);
    await subscription.unsubscribe();
    expect(await nodesOf(registry)).toEqual([]);
  });

  it("is nothing when the registry refuses, which the subscriber is told", async () => {
    const registry = memoryRegistry();
    const down: Registry = { ...registry, register: () => Promise.reject(unavailable("test", "the registry is down")) };
    await expect(brokerWith(down).subscribe("greeted", () => undefined)).rejects.toMatchObject({
      code: 503,
      detail: "the registry is down",
    });
  });

  it("carries the address that others can reach", async () => {
    const registry = memoryRegistry();
    await brokerWith(registry, { advertise: "broker.example:7001" }).subscribe("greeted", () => undefined);
    expect((await firstNode(registry)).address).toBe("broker.example:7001");
  });
});

describe("what is posted to a subscriber", () => {
  const post = (node: Node, body: string, { path = "/", method = "POST", id = node.id } = {}) =>
    fetch(`http://${node.address}${path}?id=${encodeURIComponent(id)}`, { method, ...(method === "POST" && { body }) });
  const greeting = JSON.stringify({ Header: { "Micro-Topic": "greeted", "X-A": "b" }, Body: "aGk=" });

  async function subscribed(handler: (message: BrokerMessage) => void = () => undefined, options = {}) {
    const registry = memoryRegistry();
    const broker = brokerWith(registry, { maxMessageBytes: 1_000, maxHeaders: 3, ...options });
    await broker.subscribe("greeted", (event) => handler(event.message), { onError: () => undefined });
    return firstNode(registry);
  }

  it("reaches the handler, and is answered with 200 and nothing", async () => {
    const got: unknown[] = [];
    const node = await subscribed(({ headers, body }) => got.push({ ...headers }, Buffer.from(body).toString()));
    const answer = await post(node, greeting);
    expect([answer.status, await answer.text(), answer.headers.get("micro-error")]).toEqual([200, "", null]);
    expect(got).toEqual([{ "micro-topic": "greeted", "x-a": "b" }, "hi"]);
  });

  it("is answered with 200 when the handler fails", async () => {
    const node = await subscribed(() => {
      throw new Error("thrown");
    });
    expect((await post(node, greeting)).status).toBe(200);
  });

  it("is taken in the old dialect, whose header the handler does not see", async () => {
    const got: unknown[] = [];
    const node = await subscribed(({ headers }) => got.push({ ...headers }));
    const old = JSON.stringify({ Header: { ":topic": "greeted", "X-A": "b" }, Body: null });
    expect((await post(node, old, { path: "/_sub" })).status).toBe(200);
    expect(got).toEqual([{ "micro-topic": "greeted", "x-a": "b" }]);
  });

  it.each([
    ["another id", greeting, "greeted-other"],
    ["another topic", greeting.replace("greeted", "other"), undefined],
  ])("is answered with 200 and a note in a header for %s", async (_name, body, id) => {
    const got: unknown[] = [];
    const node = await subscribed((each) => got.push(each));
    const answer = await post(node, body, id === undefined ? {} : { id });
    expect([answer.status, await answer.text(), got]).toEqual([200, "", []]);
    expect(answer.headers.get("micro-error")).toBe(
      '{"id":"go.micro.broker","code":404,"detail":"no such subscription","status":"Not Found"}',
    );
  });

  it.each([
    [
      "a GET",
      "GET",
      greeting,
      405,
      '{"id":"go.micro.broker","code":400,"detail":"Method not allowed","status":"Bad Request"}\n',
    ],
    [
      "no topic",
      "POST",
      '{"Header":{},"Body":null}',
      500,
      '{"id":"go.micro.broker","code":500,"detail":"Topic not found","status":"Internal Server Error"}',
    ],
    ["no JSON", "POST", "{", 500, /"detail":"Error parsing request body: .*JSON/],
    ["no object", "POST", "null", 500, /"detail":"Error parsing request body: expected an object/],
    [
      "bad base64",
      "POST",
      '{"Header":{"Micro-Topic":"greeted"},"Body":"%"}',
      500,
      /"detail":"Error parsing request body: Body: expected base64/,
    ],
    [
      "too many headers",
      "POST",
      '{"Header":{"Micro-Topic":"greeted","a":"","b":"","c":""}}',
      500,
      /at most 3 are allowed/,
    ],
    [
      "too large a body",
      "POST",
      JSON.stringify({ Header: { "Micro-Topic": "greeted" }, Body: "AAAA".repeat(334) }),
      413,
      /"detail":"message has 1002 bytes; at most 1000 are allowed"/,
    ],
    ["too large a request", "POST", " ".repeat(1024 * 1024 + 2_000), 413, /request body has more than/],
  ])("is answered with an error for %s", async (_name, method, body, status, text) => {
    const node = await subscribed();
    const answer = await post(node, body, { method });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(
      typeof text === "string" ? new RegExp(`^${text.replace(/[{}.]/g, "\\$&")}$`) : text,
    );
  });

  it("waits in its connection while much is with the handler already", async () => {
    const registry = memoryRegistry();
    const broker = brokerWith(registry, { maxHeldBytes: 10 });
    const releases: (() => void)[] = [];
    const { texts, until, handler } = collector();
    await broker.subscribe(
      "greeted",
      async (event) => {
        handler(event);
        await new Promise<void>((resolve) => releases.push(resolve));
      },
      { concurrency: 10 },
    );
    const node = await firstNode(registry);
    const answers = [post(node, greeting), post(node, greeting)];
    await until(1);
    await Promise.race(answers);
    expect(texts).toEqual(["hi"]);
    releases.shift()?.();
    await until(2);
    for (const release of releases) release();
    await Promise.all(answers);
  });
});

describe("publishing", () => {
  it("posts what go-micro posts, in the node's dialect, once to a node that has both", async () => {
    const registry = memoryRegistry();
    const { bodies, node } = await foreignSubscriber(registry, "greeted", () => ({}));
    await registry.register({
      name: "go.micro.http.broker",
      version: "ff.http.broadcast",
      metadata: {},
      endpoints: [],
      nodes: [node],
    });
    const old = { ...node, id: "old" };
    await registry.register({
      name: "go.micro.http.broker",
      version: "ff.http.broadcast",
      metadata: {},
      endpoints: [],
      nodes: [old],
    });
    const broker = brokerWith(registry, { dialect: "both" });
    await broker.publish("greeted", message("hi", { "content-type": "text/plain" }));
    await broker.close();
    const header = '"Content-Type":"text/plain","Micro-Topic":"greeted"';
    expect(bodies.sort()).toEqual([
      `/?id=${node.id} {"Header":{${header}},"Body":"aGk="}`,
      `/_sub?id=old {"Header":{":topic":"greeted",${header}},"Body":"aGk="}`,
    ]);
  });

  it("ignores nodes of other brokers", async () => {
    const registry = memoryRegistry();
    const { bodies, node } = await foreignSubscriber(registry, "greeted", () => ({}));
    await registry.register({
      name: "micro.http.broker",
      version: "ff.http.broadcast",
      metadata: {},
      endpoints: [],
      nodes: [{ ...node, metadata: { ...node.metadata, broker: "other" } }],
    });
    const broker = brokerWith(registry);
    await broker.publish("greeted", message("hi"));
    await broker.close();
    expect(bodies).toEqual([]);
  });

  it("rejects with 503 when the registry fails and nothing is known", async () => {
    const registry: Registry = { ...memoryRegistry(), getService: () => Promise.reject(new Error("down")) };
    const publishing = brokerWith(registry).publish("greeted", message("hi"));
    await expect(publishing).rejects.toMatchObject({ code: 503, detail: expect.stringContaining("down") });
  });

  it("gives up with 408 when the registry does not answer", async () => {
    const clock = testClock();
    const registry: Registry = { ...memoryRegistry(), getService: () => new Promise(() => undefined) };
    const publishing = brokerWith(registry, { clock }).publish("greeted", message("hi"), { timeoutMs: 1_000 });
    const refused = expect(publishing).rejects.toMatchObject({ code: 408 });
    await clock.advance(1_000);
    await refused;
  });

  it("takes a queue's message to another member at once when one cannot be reached", async () => {
    const registry = memoryRegistry();
    const broker = brokerWith(registry, { random: () => 0 });
    const { texts, until, handler } = collector();
    const dead = { id: "greeted-dead", address: "127.0.0.1:1", metadata: { broker: "http", topic: "greeted" } };
    await registry.register({
      name: "micro.http.broker",
      version: "workers",
      metadata: {},
      endpoints: [],
      nodes: [dead],
    });
    await brokerWith(registry).subscribe("greeted", handler, { queue: "workers" });
    for (const text of ["a", "b", "c"]) await broker.publish("greeted", message(text));
    await until(3);
    expect(texts.sort()).toEqual(["a", "b", "c"]);
  });

  it("holds nobody up for a subscriber that cannot be reached, and says what it could not deliver", async () => {
    const registry = memoryRegistry();
    const lost: string[] = [];
    const onUndelivered = (error: MicroError, topic: string, messages: readonly BrokerMessage[]): void => {
      lost.push(`${error.code} ${topic} ${messages.map(({ body }) => Buffer.from(body).toString()).join()}`);
    };
    const broker = brokerWith(registry, { maxWaiting: 2, onUndelivered });
    const { texts, until, handler } = collector();
    const dead = { id: "greeted-dead", address: "127.0.0.1:1", metadata: { broker: "http", topic: "greeted" } };
    await registry.register({
      name: "micro.http.broker",
      version: "ff.http.broadcast",
      metadata: {},
      endpoints: [],
      nodes: [dead],
    });
    await brokerWith(registry).subscribe("greeted", handler);
    for (const text of ["a", "b", "c", "d", "e"]) {
      await broker.publish("greeted", message(text));
      await until(texts.length + 1);
    }
    expect(texts).toEqual(["a", "b", "c", "d", "e"]);
    await broker.close();
    // Two wait for the dead one, beside what was tried; the rest is given up at once.
    expect(lost.at(-1)).toBe("503 greeted a,b");
    expect(lost.slice(0, -1)).toEqual(["503 greeted c", "503 greeted d", "503 greeted e"]);
  });

  it("delivers in order to a subscriber that comes back", async () => {
    const registry = memoryRegistry();
    const warnings: string[] = [];
    const warned = new Promise<void>((resolve) => {
      logger.warn = (text: unknown) => {
        warnings.push(String(text));
        resolve();
      };
    });
    const broker = brokerWith(registry, { logger });
    const spare = createServer();
    spare.listen(0, "127.0.0.1");
    await once(spare, "listening");
    const { port } = spare.address() as AddressInfo;
    spare.close();
    await once(spare, "close");
    const node = { id: "greeted-late", address: `127.0.0.1:${port}`, metadata: { broker: "http", topic: "greeted" } };
    await registry.register({
      name: "micro.http.broker",
      version: "ff.http.broadcast",
      metadata: {},
      endpoints: [],
      nodes: [node],
    });
    for (const text of ["a", "b", "c"]) await broker.publish("greeted", message(text));
    await warned;
    const bodies: string[] = [];
    const done = new Promise<void>((resolve) => {
      const server = createServer((request, response) => {
        request.on("data", (chunk: Buffer) => bodies.push(JSON.parse(chunk.toString()).Body));
        request.on("end", () => {
          response.end();
          if (bodies.length === 3) resolve();
        });
      }).listen(port, "127.0.0.1");
      opened.push({
        async close() {
          server.closeAllConnections();
          server.close();
        },
      });
    });
    await done;
    expect(bodies).toEqual(["YQ==", "Yg==", "Yw=="]);
    expect(warnings).toEqual([
      expect.stringContaining(`subscriber greeted-late at 127.0.0.1:${port} of topic greeted cannot be reached`),
    ]);
  });

  it("reports a message that a subscriber rejects, and goes on", async () => {
    const registry = memoryRegistry();
    const lost: string[] = [];
    const broker = brokerWith(registry, { onUndelivered: (error) => lost.push(`${error.code} ${error.detail}`) });
    const { bodies, node } = await foreignSubscriber(registry, "greeted", (body) =>
      body.includes("YQ==") ? { status: 500, text: '{"id":"x","code":500,"detail":"no"}' } : {},
    );
    for (const text of ["a", "b"]) await broker.publish("greeted", message(text));
    await broker.close();
    expect(bodies).toHaveLength(2);
    expect(lost).toEqual([`502 subscriber ${node.id} at ${node.address} answered 500: no`]);
  });

  it("reports a message whose subscriber never answers, and goes on", async () => {
    const registry = memoryRegistry();
    const lost: MicroError[] = [];
    const told = new Promise<void>((resolve) => {
      brokers.onLost = (error) => {
        lost.push(error);
        resolve();
      };
    });
    const broker = brokerWith(registry, { answerTimeoutMs: 50, onUndelivered: (error) => brokers.onLost(error) });
    const { bodies } = await foreignSubscriber(registry, "greeted", (body) => ({ hang: body.includes("YQ==") }));
    for (const text of ["a", "b"]) await broker.publish("greeted", message(text));
    await told;
    await broker.close();
    expect(lost).toMatchObject([{ code: 408 }]);
    expect(bodies).toHaveLength(2);
  });

  it("gives what a dying member of a queue had not begun to the others", async () => {
    const registry = memoryRegistry();
    const broker = brokerWith(registry);
    const { texts, until, handler } = collector();
    let dying: Server | undefined;
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const hold = (_body: string, server: Server): { hang: boolean } => {
      dying = server;
      arrive();
      return { hang: true };
    };
    await foreignSubscriber(registry, "greeted", hold, "workers");
    await broker.publish("greeted", message("a"));
    await arrived;
    await brokerWith(registry).subscribe("greeted", handler, { queue: "workers" });
    dying?.close();
    dying?.closeAllConnections();
    await until(1);
    expect(texts).toEqual(["a"]);
  });

  it("survives connections that were closed while idle", async () => {
    const registry = memoryRegistry();
    const broker = brokerWith(registry);
    const { bodies } = await foreignSubscriber(registry, "greeted", (_body, server) => {
      setImmediate(() => server.closeAllConnections());
      return {};
    });
    for (const text of ["a", "b", "c"]) {
      await broker.publish("greeted", message(text));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await broker.close();
    expect(new Set(bodies).size).toBe(3);
  });
});

describe("settings", () => {
  it("takes its listening address from --broker_address, and only one", async () => {
    const open = (addresses: string[]) =>
      httpBrokerPlugin().open({ addresses, logger: silentLogger, registry: memoryRegistry() });
    expect(() => open(["127.0.0.1:1", "127.0.0.1:2"])).toThrow(ConfigError);
    expect(() => open(["nowhere"])).toThrow(/address of the http broker: "nowhere" is no address/);
    const broker = await open([]);
    await broker.subscribe("greeted", () => undefined);
    expect(broker.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await expect((await open([broker.address])).subscribe("greeted", () => undefined)).rejects.toThrow(
      `the http broker cannot listen on ${broker.address}: the port is in use`,
    );
    await broker.close();
  });

  it("opens no port for publishing", async () => {
    const broker = brokerWith(memoryRegistry({ store: memoryStore() }), { clock: systemClock });
    await broker.publish("greeted", message("hi"));
    expect(broker.address).toBe("");
  });
});

const logger = { ...silentLogger };
const brokers: { onLost: (error: MicroError) => void } = { onLost: () => undefined };
