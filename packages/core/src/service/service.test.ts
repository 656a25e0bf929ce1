import { afterEach, describe, expect, it } from "vitest";
import { memoryRegistry } from "../registry/memory.ts";
import type { Registry } from "../registry/registry.ts";
import type { MessageType, ServiceDescription } from "../words/description.ts";
import { unavailable } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import type { Plugin } from "../words/plugin.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import type { ServiceContext } from "./service.ts";

describe("a service", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("is found and called by another through the registry they share", async () => {
    const { caller } = await pair(async ({ name }, { metadata }) => ({
      text: `${name} from ${metadata["micro-from-service"]}`,
    }));
    expect(await caller.client(Say, "go.micro.srv.a").hello({ name: "ann" })).toEqual({
      text: "ann from go.micro.cli.b",
    });
  });

  it("hands metadata, deadline and cancellation on to calls made in a handler", async () => {
    const seen: { metadata: Record<string, string>; left: number }[] = [];
    let cancelled = (): void => undefined;
    const innerCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    await service("go.micro.srv.inner", async ({ name }, { metadata, deadline, signal }) => {
      seen.push({ metadata: { ...metadata }, left: deadline - Date.now() });
      if (name !== "wait") return { text: name };
      signal.addEventListener("abort", cancelled);
      return new Promise(() => undefined);
    });
    await service("go.micro.srv.outer", (request, context) => context.client(Say, "go.micro.srv.inner").hello(request));
    const caller = open.use(createService({ ...inProcess, name: "cli" }));
    const { hello } = caller.client(Say, "go.micro.srv.outer");

    await hello({ name: "x" }, { timeoutMs: 60_000, metadata: { "x-trace": "7" } });
    expect(seen[0]?.metadata).toMatchObject({ "x-trace": "7", "micro-from-service": "go.micro.srv.outer" });
    // Its own timeout of 5 s is shorter than what the caller allows.
    expect(seen[0]?.left).toBeLessThanOrEqual(5_000);
    await hello({ name: "x" }, { timeoutMs: 1_000 });
    expect(seen[1]?.left).toBeLessThanOrEqual(1_000);

    const giveUp = new AbortController();
    const waiting = hello({ name: "wait" }, { signal: giveUp.signal });
    const outcome = expect(waiting).rejects.toMatchObject({ code: 499 });
    await expect.poll(() => seen.length).toBe(3);
    giveUp.abort();
    await outcome;
    await innerCancelled;
  });

  it("streams in every direction, and hands metadata and cancellation on into streams too", async () => {
    const cancelled: string[] = [];
    const made = open.use(createService({ ...inProcess, name: "go.micro.srv.streams" }));
    made.handle(Talk, {
      async *count({ name }, { metadata, signal }) {
        signal.addEventListener("abort", () => cancelled.push(name));
        for (let n = 1; n <= 3; n++) yield { text: `${name} ${n} for ${metadata["x-trace"]}` };
        if (name === "for ever") for (;;) yield { text: "more" };
      },
      async collect(requests) {
        const names: string[] = [];
        for await (const { name } of requests) names.push(name);
        return { text: names.join("+") };
      },
      async *chat(requests, context) {
        for await (const { name } of requests) {
          yield* context.client(Talk, "go.micro.srv.streams").count({ name });
        }
      },
    });
    await made.start();
    const talk = open.use(createService({ ...inProcess, name: "cli" })).client(Talk, "go.micro.srv.streams");
    const options = { metadata: { "x-trace": "7" } };
    async function* names(...all: string[]) {
      for (const name of all) yield { name };
    }
    const texts = async (replies: AsyncIterable<{ text?: string }>) => {
      const all: (string | undefined)[] = [];
      for await (const { text } of replies) all.push(text);
      return all;
    };
    expect(await texts(talk.count({ name: "a" }, options))).toEqual(["a 1 for 7", "a 2 for 7", "a 3 for 7"]);
    expect(await talk.collect(names("a", "b", "c"))).toEqual({ text: "a+b+c" });
    expect(await texts(talk.chat(names("x", "y"), options))).toEqual(
      [1, 2, 3].map((n) => `x ${n} for 7`).concat([1, 2, 3].map((n) => `y ${n} for 7`)),
    );
    for await (const { text } of talk.count({ name: "for ever" })) if (text === "more") break;
    await expect.poll(() => cancelled).toEqual(["for ever"]);
  });

  it.each(["memory", "http"])("publishes and subscribes over the %s broker, handing metadata on", async (broker) => {
    const options = { ...inProcess, argv: [...inProcess.argv, `--broker=${broker}`] };
    const got: { text: string; trace: string | undefined; from: string | undefined }[] = [];
    const subscriber = open.use(createService({ ...options, name: "go.micro.srv.subscriber" }));
    subscriber.subscribe<{ text: string }>(`greeted.${broker}`, ({ text }, { metadata }) => {
      got.push({ text, trace: metadata["x-trace"], from: metadata["micro-from-service"] });
    });
    await subscriber.start();
    const [record] = await subscriber.registry.getService("go.micro.srv.subscriber");
    expect(record?.endpoints).toMatchObject([
      { name: "Func", metadata: { topic: `greeted.${broker}`, subscriber: "true" } },
    ]);
    expect(record?.nodes[0]?.metadata.broker).toBe(broker);

    const publisher = open.use(createService({ ...options, name: "go.micro.srv.publisher" }));
    publisher.handle(Say, {
      hello: async ({ name }, context) => {
        await context.publish(`greeted.${broker}`, { text: name });
        return { text: "published" };
      },
    });
    await publisher.start();
    const caller = open.use(createService({ ...inProcess, name: "cli" }));
    await caller.client(Say, "go.micro.srv.publisher").hello({ name: "ann" }, { metadata: { "x-trace": "7" } });
    await publisher.publish(`greeted.${broker}`, { text: "bob" });
    await expect
      .poll(() => got)
      .toEqual([
        { text: "ann", trace: "7", from: "go.micro.srv.publisher" },
        { text: "bob", trace: undefined, from: "go.micro.srv.publisher" },
      ]);
  });

  it("answers mucp on the same port, to its own kind and to a bare JSON-RPC POST, and says so to the registry when asked", async () => {
    const made = await service("go.micro.srv.both", ({ name }) => Promise.resolve({ text: `hello ${name}` }), {
      argv: [...inProcess.argv, "--server=mucp"],
    });
    const [record] = await made.registry.getService("go.micro.srv.both");
    expect(record?.nodes[0]?.metadata).toMatchObject({ protocol: "mucp", server: "mucp", transport: "http" });
    const caller = open.use(createService({ ...inProcess, name: "cli" }));
    expect(await caller.client(Say, "go.micro.srv.both").hello({ name: "ann" })).toEqual({ text: "hello ann" });
    const address = made.address.replace("[::]", "127.0.0.1");
    expect(await caller.client(Say, "go.micro.srv.both").hello({ name: "bob" }, { address })).toEqual({
      text: "hello bob",
    });
    const response = await fetch(`http://${address}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"method":"Debug.Health","params":[{}],"id":1}',
    });
    expect(await response.json()).toMatchObject({ id: 1, result: { status: "ok" }, error: null });
  });

  it("takes flags before environment before what the program says", () => {
    const options = {
      name: "code",
      version: "code",
      argv: ["--server_name=flag"],
      env: { MICRO_SERVER_NAME: "env", MICRO_SERVER_VERSION: "env" },
    };
    expect(createService(options)).toMatchObject({ name: "flag", version: "env" });
    expect(createService({ ...options, env: {} })).toMatchObject({ name: "flag", version: "code" });
    expect(createService({ name: "code", argv: [], env: {} })).toMatchObject({ name: "code", version: "latest" });
  });

  it.each([
    [["--regstry=x"], "did you mean --registry?"],
    [["--registry=nope"], 'registry "nope" is not known here; known are mdns, memory'],
    [["--server_address=nope"], '"nope" is no address'],
    [["--selector=nope"], '"nope" is not known here'],
    [["--register_ttl=5", "--register_interval=5"], "register_ttl 5"],
    [["--log_level=loud"], "loud"],
  ])("refuses to start with %s", async (argv, message) => {
    const refused = open.use(createService({ name: "a", env: {}, logger: log().logger, argv }));
    await expect(refused.start()).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(message),
    });
  });

  it("warns once of flags of go-micro that mean nothing here", async () => {
    const { logger, lines } = log();
    const made = open.use(
      createService({
        ...inProcess,
        name: "a",
        argv: [...inProcess.argv, "--store=x"],
        env: { MICRO_RUNTIME: "k", MICRO_PROXY: "service" },
        logger,
      }),
    );
    await made.start();
    expect(lines.filter((line) => line.startsWith("warn"))).toEqual([
      "warn MICRO_RUNTIME and --store have no effect here",
      "warn MICRO_PROXY has no effect here",
    ]);
  });

  it("opens only the plugin that was chosen", async () => {
    const opened: string[] = [];
    const plugin = (name: string): Plugin => ({
      kind: "registry",
      name,
      open: ({ addresses }) => {
        opened.push(`${name} ${addresses}`);
        return memoryRegistry();
      },
    });
    const argv = ["--registry=b", "--registry_address=x:1,y:2"];
    const made = open.use(
      createService({
        name: "s",
        plugins: [plugin("a"), plugin("b")],
        argv,
        env: {},
        logger: log().logger,
        noticeMs: 0,
      }),
    );
    expect(opened).toEqual([]);
    await made.start();
    expect(opened).toEqual(["b x:1,y:2"]);
  });

  it("runs its hooks in order, and leaves the registry before it stops to answer", async () => {
    const steps: string[] = [];
    const step = (name: string) => () => void steps.push(name);
    const inner = memoryRegistry();
    const registry: Registry = {
      ...inner,
      register: async (...args) => {
        steps.push("register");
        await inner.register(...args);
      },
      deregister: async (...args) => {
        steps.push("deregister");
        await inner.deregister(...args);
      },
      close: async () => {
        steps.push("close registry");
        await inner.close();
      },
    };
    const made = createService({
      name: "s",
      argv: ["--registry=spy"],
      env: {},
      noticeMs: 0,
      logger: log().logger,
      plugins: [{ kind: "registry", name: "spy", open: () => registry }],
      hooks: {
        beforeStart: step("beforeStart"),
        afterStart: step("afterStart"),
        beforeStop: step("beforeStop"),
        afterStop: step("afterStop"),
      },
    });
    await made.start();
    await made.stop();
    await made.stop();
    expect(steps).toEqual([
      "beforeStart",
      "register",
      "afterStart",
      "beforeStop",
      "deregister",
      "close registry",
      "afterStop",
    ]);
  });

  it("is not found while its register check fails, but starts and answers whoever knows its address", async () => {
    const made = await service("go.micro.srv.unready", ({ name }) => Promise.resolve({ text: name }), {
      registerCheck: () => Promise.reject(new Error("the database is away")),
      logger: log().logger,
    });
    expect(await made.registry.getService("go.micro.srv.unready")).toEqual([]);
    const { hello } = open.use(createService({ ...inProcess, name: "cli" })).client(Say, "go.micro.srv.unready");
    const address = made.address.replace("[::]", "127.0.0.1");
    expect(await hello({ name: "ann" }, { address })).toEqual({ text: "ann" });
  });

  it("answers calls that come while callers are still noticing, and none is lost", async () => {
    const { caller, called } = await pair(async ({ name }) => ({ text: name }), { noticeMs: 200 });
    const { hello } = caller.client(Say, "go.micro.srv.a");
    await hello({ name: "x" });
    const address = called.address.replace("[::]", "127.0.0.1");
    const stopping = called.stop();
    expect(await hello({ name: "late" }, { address })).toEqual({ text: "late" });
    await stopping;
    await expect(hello({ name: "too late" }, { address })).rejects.toMatchObject({ code: 503, unprocessed: true });
  });

  it("goes through its whole stop even when the registry cannot be told, and says so", async () => {
    const failing: Registry = {
      ...memoryRegistry(),
      deregister: () => Promise.reject(unavailable("r", "registry gone")),
    };
    const made = createService({
      name: "s",
      argv: ["--registry=failing"],
      env: {},
      noticeMs: 0,
      logger: log().logger,
      plugins: [{ kind: "registry", name: "failing", open: () => failing }],
    });
    await made.start();
    const { address } = made;
    await expect(made.stop()).rejects.toMatchObject({ detail: "registry gone" });
    const again = open.use(createService({ ...inProcess, name: "t", address }));
    await again.start(); // the port is free
  });

  async function service(name: string, hello: Hello, options: Partial<ServiceOptions> = {}) {
    const made = open.use(createService({ ...inProcess, name, ...options }));
    made.handle(Say, { hello });
    await made.start();
    return made;
  }

  async function pair(hello: Hello, options: Partial<ServiceOptions> = {}) {
    const called = await service("go.micro.srv.a", hello, options);
    const caller = open.use(createService({ ...inProcess, name: "go.micro.cli.b" }));
    return { called, caller };
  }
});

type Hello = (request: { name: string }, context: ServiceContext) => Promise<{ text?: string | undefined }>;

// Handlers here that never answer need not be waited for.
const inProcess = { argv: ["--registry=memory", "--log_level=error"], env: {}, noticeMs: 0, drainTimeoutMs: 200 };

function log(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (first: string | object, second?: string) =>
    void lines.push(`${level} ${second ?? first}`);
  const logger: Logger = {
    level: "info",
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => logger,
    flush: async () => undefined,
  };
  return { logger, lines };
}

// Messages whose bytes are their JSON.
function jsonMessage<T>(name: string): MessageType<T> {
  return {
    name,
    fields: [],
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as T,
    toJson: (value) => value,
    fromJson: (json) => json as T,
  };
}

const Talk = {
  name: "Talk",
  fullName: "greeter.Talk",
  methods: {
    count: {
      kind: "server-stream",
      name: "Count",
      request: jsonMessage<{ name: string }>("greeter.Request"),
      response: jsonMessage<{ text: string }>("greeter.Response"),
    },
    collect: {
      kind: "client-stream",
      name: "Collect",
      request: jsonMessage<{ name: string }>("greeter.Request"),
      response: jsonMessage<{ text: string }>("greeter.Response"),
    },
    chat: {
      kind: "duplex",
      name: "Chat",
      request: jsonMessage<{ name: string }>("greeter.Request"),
      response: jsonMessage<{ text: string }>("greeter.Response"),
    },
  },
} satisfies ServiceDescription;

const Say = {
  name: "Say",
  fullName: "greeter.Say",
  methods: {
    hello: {
      kind: "unary",
      name: "Hello",
      request: jsonMessage<{ name: string }>("greeter.Request"),
      response: jsonMessage<{ text: string }>("greeter.Response"),
    },
  },
} satisfies ServiceDescription;
