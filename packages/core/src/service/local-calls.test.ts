import { afterEach, describe, expect, it } from "vitest";
import type { MethodDescription, ServiceDescription } from "../words/description.ts";
import { notFound } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { silentLogger } from "../words/logger.ts";
import { createService } from "./create-service.ts";
import { Record_ } from "./gen/debug.ts";
import type { Service, ServiceContext } from "./service.ts";
import type { ServiceOptions } from "./service-options.ts";

// What a handler sees as its caller's address when there was no wire.
const here = "127.0.0.1:0";

describe("services of one process", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("call each other without a wire, metadata and deadline handed on", async () => {
    const seen: ServiceContext[] = [];
    await served(async (_request, context) => {
      seen.push(context);
      return {};
    });
    await caller().hello({}, { metadata: { "X-Trace": "7" }, timeoutMs: 1_000 });
    const [{ peer, metadata, deadline }] = seen as [ServiceContext];
    expect(peer).toBe(here);
    expect(metadata).toMatchObject({
      "x-trace": "7",
      "micro-from-service": "caller",
      remote: here,
      timeout: "1000000000",
    });
    expect(deadline - Date.now()).toBeLessThanOrEqual(1_000);
  });

  it("see nothing of what the other does to its values", async () => {
    const kept: Record_[] = [];
    const reply = { message: "reply", metadata: { a: "1" } };
    await served((request) => {
      kept.push(request);
      request.metadata.a = "changed by the handler";
      return reply;
    });
    const request = { message: "request", metadata: { a: "1" } };
    const answer = await caller().hello(request);
    expect(request.metadata).toEqual({ a: "1" });
    answer.metadata.a = "changed by the caller";
    request.metadata.a = "changed by the caller";
    expect(reply.metadata).toEqual({ a: "1" });
    expect(kept[0]?.metadata).toEqual({ a: "changed by the handler" });
    // Fields that were left out have their defaults, as after a journey.
    expect(kept[0]).toMatchObject({ timestamp: 0n, message: "request" });
  });

  it("get each other's errors as copies, marked as answers", async () => {
    const error = notFound("greeter", "nobody of that name");
    await served(() => Promise.reject(error));
    const got = await caller()
      .hello({})
      .catch((reason: unknown) => reason);
    expect(got).not.toBe(error);
    expect(got).toMatchObject({ id: "greeter", code: 404, detail: "nobody of that name", answered: true });
  });

  it("are told which field of a request or a reply does not fit", async () => {
    await served(() => ({ message: 7 as unknown as string }));
    const { hello } = caller();
    await expect(hello({ message: 7 as unknown as string })).rejects.toMatchObject({
      code: 400,
      detail: expect.stringContaining("Record.message: expected a string, got 7"),
    });
    await expect(hello({})).rejects.toMatchObject({
      code: 500,
      detail: expect.stringContaining("reply of Say.Hello: Record.message: expected a string, got 7"),
    });
  });

  it("are not held up by a handler that never answers", async () => {
    const aborted: string[] = [];
    await served((request, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(request.message));
      return new Promise(() => undefined);
    });
    const { hello } = caller();
    await expect(hello({ message: "late" }, { timeoutMs: 50 })).rejects.toMatchObject({ code: 408 });
    const giveUp = new AbortController();
    const given = expect(hello({ message: "given up" }, { signal: giveUp.signal })).rejects.toMatchObject({
      code: 499,
    });
    setImmediate(() => giveUp.abort());
    await given;
    expect(aborted).toEqual(["late", "given up"]);
  });

  it("have calls in flight answered when one of them stops, and go elsewhere afterwards", async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const service = await served(async () => {
      await held;
      return { message: "done" };
    });
    const { hello } = caller();
    const pending = hello({});
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = service.stop();
    finish();
    expect(await pending).toMatchObject({ message: "done" });
    await stopped;
    await expect(hello({})).rejects.toMatchObject({ code: 404 });
  });

  it("stream without a wire too", async () => {
    const peers: string[] = [];
    await served(() => ({}), {
      async *count({ message }, { peer }) {
        peers.push(peer);
        for (let n = 1; n <= 3; n++) yield { message: `${message} ${n}` };
      },
    });
    const seen: string[] = [];
    for await (const { message } of caller().count({ message: "a" })) seen.push(message);
    expect(seen).toEqual(["a 1", "a 2", "a 3"]);
    expect(peers).toEqual([here]);
  });

  it("may give a list for a stream, and are told when they give neither", async () => {
    const { log, lines } = errorLog();
    const given: unknown[] = [[{ message: "one" }, { message: "two" }], 7];
    await served(() => ({}), { count: () => given.shift() as AsyncIterable<object> }, { logger: log });
    const { count } = caller();
    const seen: string[] = [];
    for await (const { message } of count({})) seen.push(message);
    expect(seen).toEqual(["one", "two"]);
    const second = (async () => {
      for await (const { message } of count({})) seen.push(message);
    })();
    await expect(second).rejects.toMatchObject({ code: 500, detail: "Say.Count gave no messages to iterate over" });
    expect(lines).toEqual([expect.stringContaining("Say.Count failed: Say.Count gave no messages")]);
  });

  it("go by the network when they are told to, or call by address", async () => {
    const peers: string[] = [];
    const service = await served((_request, { peer }) => {
      peers.push(peer);
      return {};
    });
    await caller({ localCalls: "never" }).hello({});
    await caller().hello({}, { address: service.address.replace("[::]", "127.0.0.1") });
    expect(peers).toHaveLength(2);
    expect(peers).not.toContain(here);
  });

  it("leave the choice of the node as it is, unless nodes of the process are preferred", async () => {
    const peers: string[] = [];
    await served((_request, { peer }) => {
      peers.push(peer);
      return {};
    });
    // Another copy, which to this process is somewhere in the network.
    const other = await served(
      (_request, { peer }) => {
        peers.push(peer);
        return {};
      },
      {},
      { localCalls: "never" },
    );
    expect(other.name).toBe("greeter");
    const chosen = caller();
    for (let n = 0; n < 6; n++) await chosen.hello({});
    expect(peers.splice(0).filter((peer) => peer === here)).toHaveLength(3);
    const preferred = caller({ localCalls: "preferred" });
    for (let n = 0; n < 6; n++) await preferred.hello({});
    expect(peers).toEqual(Array.from({ length: 6 }, () => here));
  });

  async function served(
    hello: (request: Record_, context: ServiceContext) => object | Promise<object>,
    more: { count?(request: Record_, context: ServiceContext): AsyncIterable<object> } = {},
    options: Partial<ServiceOptions> = {},
  ): Promise<Service> {
    const service = open.use(createService({ ...inProcess, ...options, name: "greeter" }));
    service.handle(Say, { hello, count: more.count ?? none });
    await service.start();
    return service;
  }

  function caller(options: Partial<ServiceOptions> = {}) {
    const service = open.use(createService({ ...inProcess, ...options, name: "caller" }));
    return service.client(Say, "greeter");
  }
});

const inProcess = {
  argv: ["--registry=memory"],
  env: {},
  noticeMs: 0,
  drainTimeoutMs: 200,
  logger: silentLogger,
} satisfies Partial<ServiceOptions>;

function errorLog() {
  const lines: string[] = [];
  const error = (first: string | object, second?: string): void => void lines.push(second ?? String(first));
  return { log: { ...silentLogger, error }, lines };
}

async function* none(): AsyncGenerator<object> {
  yield* [];
}

const Say: ServiceDescription<{
  hello: MethodDescription<"unary", Record_, Record_>;
  count: MethodDescription<"server-stream", Record_, Record_>;
}> = {
  name: "Say",
  fullName: "greeter.Say",
  methods: {
    hello: { kind: "unary", name: "Hello", request: Record_, response: Record_ },
    count: { kind: "server-stream", name: "Count", request: Record_, response: Record_ },
  },
};
