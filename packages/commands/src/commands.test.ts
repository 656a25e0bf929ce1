import {
  createService,
  MicroError,
  memoryBroker,
  memoryHub,
  type Registry,
  type Service,
  type ServiceRecord,
} from "@micro/core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { callEndpoint, streamEndpoint } from "./call.ts";
import { jsonArgument } from "./json-argument.ts";
import { publishMessage, subscribeTopic } from "./messages.ts";
import { health, healthAt, stats } from "./nodes.ts";
import { deregisterService, recordFrom, registerService } from "./registration.ts";
import { getService, listNodes, listServices } from "./services.ts";

const name = "go.micro.srv.commands";
const inProcess = {
  argv: ["--registry=memory", "--server_address=127.0.0.1:0", "--log_level=error"],
  env: {},
  noticeMs: 0,
};
const away: ServiceRecord = {
  name,
  version: "old",
  metadata: {},
  endpoints: [],
  nodes: [{ id: "away", address: "127.0.0.1:1", metadata: { protocol: "grpc" } }],
};

describe("with a service that runs and a node that does not", () => {
  let service: Service;
  let caller: Service;
  let registry: Registry;

  beforeAll(async () => {
    service = createService({ name, version: "1", ...inProcess });
    await service.start();
    caller = createService({ name: "go.micro.cli", ...inProcess });
    registry = caller.registry;
    await registry.register(away);
  });

  afterAll(async () => {
    await registry.deregister(away);
    await caller.close();
    await service.close();
  });

  it("lists each service once, and each of its nodes", async () => {
    expect((await listServices(registry)).filter((each) => each === name)).toEqual([name]);
    const nodes = (await listNodes(registry)).filter((node) => node.service === name);
    expect(nodes.map(({ version, id }) => [version, id.replace(/-.*/, "")])).toEqual([
      ["1", name],
      ["old", "away"],
    ]);
  });

  it("gets the records of a service, a version each", async () => {
    expect((await getService(registry, name)).map(({ version }) => version)).toEqual(["1", "old"]);
  });

  it("says 404 with the registry's name for a service that nobody offers", async () => {
    await expect(getService(registry, "nobody")).rejects.toMatchObject({
      code: 404,
      detail: "service not found: nobody in registry memory",
    });
  });

  it("asks every node for its health, and keeps the error of one that is away", async () => {
    const { versions } = await health({ registry, client: caller.rawClient }, name);
    expect(versions.map(({ version }) => version)).toEqual(["1", "old"]);
    expect(versions[0]?.nodes[0]).toMatchObject({ answer: { status: "ok" }, error: undefined });
    expect(versions[1]?.nodes[0]).toMatchObject({ answer: undefined, error: { code: 503 } });
  });

  it("asks every node for its statistics", async () => {
    const { versions } = await stats({ registry, client: caller.rawClient }, name);
    expect(versions[0]?.nodes[0]?.answer?.memory).toBeGreaterThan(0n);
    expect(versions[1]?.nodes[0]?.error).toBeInstanceOf(MicroError);
  });

  it("asks for health at addresses, in their order, without the registry", async () => {
    const answers = await healthAt(caller.rawClient, name, ["127.0.0.1:1", service.address]);
    expect(answers.map(({ answer, error }) => answer?.status ?? error?.code)).toEqual([503, "ok"]);
  });

  it("calls an endpoint with JSON, at an address too", async () => {
    const call = { service: name, endpoint: "Debug.Health", addresses: [service.address] };
    const reply = await callEndpoint(caller.rawClient, call, "{}");
    expect(new TextDecoder().decode(reply)).toBe('{"status":"ok"}');
  });

  it("rejects as the client does", async () => {
    const call = { service: name, endpoint: "No.Such", addresses: [service.address] };
    await expect(callEndpoint(caller.rawClient, call, "{}")).rejects.toMatchObject({ code: 404 });
  });

  it("streams, and cancels the call when it is left", async () => {
    const call = { service: name, endpoint: "Debug.Log", addresses: [service.address] };
    service.logger.error("a line to be seen");
    for await (const reply of streamEndpoint(caller.rawClient, call, ['{"stream":true}'])) {
      expect(new TextDecoder().decode(reply)).toContain("a line to be seen");
      break;
    }
  });
});

test("a registry that fails is named with what it was asked", async () => {
  const failing = {
    name: "etcd",
    listServices: async () => {
      throw new Error("no route");
    },
  } as unknown as Registry;
  await expect(listServices(failing)).rejects.toMatchObject({
    code: 500,
    detail: "registry etcd could not list its services: no route",
  });
});

describe("a record by hand", () => {
  it("is registered and taken back", async () => {
    await using service = createService({ name: "x", ...inProcess });
    const record = recordFrom('{"NAME":"by.hand","nodes":[{"id":"1","address":"h:1"}]}');
    expect(await registerService(service.registry, record)).toBe(record);
    expect(await listServices(service.registry)).toContain("by.hand");
    await deregisterService(service.registry, record);
    expect(await listServices(service.registry)).not.toContain("by.hand");
  });

  it.each([
    ["{", "this is no service record: not JSON: {"],
    ["{}", "this is no service record: name:"],
    ['{"name":"x"}', "service x has no nodes"],
    ['{"name":"x","nodes":[{"id":"1","address":"h:1"},{"id":"2"}]}', "nodes[1] of service x lacks its id or address"],
  ])("%s is refused with 400", (json, detail) => {
    expect(() => recordFrom(json)).toThrow(
      expect.objectContaining({ code: 400, detail: expect.stringContaining(detail) }),
    );
  });
});

describe("a JSON argument", () => {
  it.each([
    [[], "{}"],
    [["{}"], "{}"],
    [['{"a":', "9007199254740993", "}"], '{"a": 9007199254740993 }'],
    [["[1]"], "[1]"],
  ])("%j is %s, as it was typed", (args, text) => {
    expect(jsonArgument(args)).toBe(text);
  });

  it.each([["[1]"], ["7"], ["null"], ['"x"']])("%s is refused where an object is expected", (text) => {
    expect(() => jsonArgument([text], { object: true })).toThrow(expect.objectContaining({ code: 400 }));
  });

  it("that is no JSON is refused with its beginning", () => {
    const long = `{${"x".repeat(200)}`;
    expect(() => jsonArgument([long])).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/^\{x{79}… is no JSON: /) }),
    );
  });
});

describe("messages", () => {
  it("are published as they are typed, and come to a subscriber in order until it leaves", async () => {
    const hub = memoryHub();
    await using publisher = memoryBroker({ hub });
    await using subscriber = memoryBroker({ hub });
    let subscribed: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => {
      subscribed = resolve;
    });
    const bodies: string[] = [];
    const reading = (async () => {
      for await (const { body, headers } of subscribeTopic(subscriber, {
        topic: "t",
        onSubscribed: () => subscribed(),
      })) {
        expect(headers).toMatchObject({ "content-type": "application/json", by: "me" });
        bodies.push(new TextDecoder().decode(body));
        if (bodies.length === 3) break;
      }
    })();
    await ready;
    for (const text of ['{"n":9007199254740993}', "[2]", "3"]) await publishMessage(publisher, "t", text, { by: "me" });
    await reading;
    expect(bodies).toEqual(['{"n":9007199254740993}', "[2]", "3"]);
  });

  it("wait at the publisher while the reader is busy with one", async () => {
    await using broker = memoryBroker({ hub: memoryHub() });
    const message = { headers: {}, body: new Uint8Array(1) };
    const flood = async (): Promise<void> => {
      for (let sent = 0; sent < 10_000; sent++) await broker.publish("t", message, { timeoutMs: 20 });
    };
    for await (const _ of subscribeTopic(broker, {
      topic: "t",
      onSubscribed: () => void broker.publish("t", message),
    })) {
      await expect(flood()).rejects.toMatchObject({ code: 408 });
      break;
    }
  });

  it("end with the signal", async () => {
    await using broker = memoryBroker({ hub: memoryHub() });
    const stop = new AbortController();
    const request = { topic: "t", signal: stop.signal, onSubscribed: () => stop.abort() };
    for await (const message of subscribeTopic(broker, request)) expect.fail(`got ${message.body.length} bytes`);
  });
});
