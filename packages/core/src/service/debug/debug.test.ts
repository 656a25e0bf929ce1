import { afterEach, describe, expect, it } from "vitest";
import { closeStack } from "../../words/lifecycle.ts";
import { createLogger } from "../../words/pino-logger.ts";
import { createService, type ServiceOptions } from "../create-service.ts";
import { Debug } from "../gen/debug.ts";
import { logTail } from "./log-tail.ts";

const inProcess = { env: {}, noticeMs: 0 };

describe("Debug", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("is served by every service and told to no registry", async () => {
    const { service, debug } = await started();
    expect(await debug.health({})).toEqual({ status: "ok" });
    const [record] = await service.registry.getService(service.name);
    expect(record?.endpoints.map(({ name }) => name)).toEqual(["Echo.Say"]);
  });

  it("counts calls and errors", async () => {
    const { debug, caller } = await started();
    const before = await debug.stats({});
    await caller.rawClient
      .prepare({ service: "go.micro.srv.debugged", endpoint: "Debug.Log", contentType: "application/json" })({})
      .catch(() => undefined);
    await debug.health({});
    const after = await debug.stats({});
    expect(after.requests - before.requests).toBeGreaterThanOrEqual(2n);
    expect(after.memory).toBeGreaterThan(1_000_000n);
    expect(after.started).toBeLessThanOrEqual(after.timestamp);
  });

  it("gives the last lines logged, and goes on with those that follow", async () => {
    const { service, debug } = await started(["--log_level=info"]);
    const all: string[] = [];
    for await (const { message } of debug.log({ count: 2n })) all.push(message);
    expect(all).toHaveLength(2);
    expect(all[1]).toContain("Registering node");
    for await (const { message } of debug.log({ count: 1n, stream: true })) {
      if (message.includes("something new")) break;
      service.logger.info("something new");
    }
  });

  it("keeps spans when asked to, the callee's below the caller's, and none of its own", async () => {
    const { service, debug, caller } = await started(["--tracer=memory"]);
    service.logger.level = "fatal";
    await debug.health({});
    expect((await debug.trace({})).spans).toEqual([]);
    const call = caller.rawClient.prepare({
      service: service.name,
      endpoint: "Echo.Say",
      contentType: "application/json",
    });
    await call({ a: 1 }, { metadata: { "micro-trace-id": "t1", "micro-span-id": "p1" } });
    await call({ fail: true }).catch(() => undefined);
    const { spans } = await debug.trace({});
    expect(spans).toHaveLength(2);
    expect(spans[0]).toMatchObject({ trace: "t1", parent: "p1", name: "go.micro.srv.debugged.Echo.Say", type: 0 });
    expect(spans[1]?.parent).toBe("");
    expect(spans[1]?.metadata.error).toContain("no such luck");
    expect((await debug.trace({ id: "t1" })).spans).toHaveLength(1);
  });

  it("leaves no spans of its caller's questions either", async () => {
    const { caller, service } = await started(undefined, ["--tracer=memory"]);
    await caller.client(Debug, service.name).health({});
    const ask = (endpoint: string) =>
      caller.rawClient.prepare({ service: service.name, endpoint, contentType: "application/json" })({});
    await ask("/grpc.health.v1.Health/Check");
    await ask("Debug.Stats");
    await ask("Echo.Say");
    await caller.start();
    const { spans } = await caller.client(Debug, caller.name).trace({});
    expect(spans.map(({ name }) => name)).toEqual(["go.micro.srv.debugged.Echo.Say"]);
  });

  it.each(["chosen", "never"] as const)(
    "ends a stream of lines when the service goes, calls in the process %s",
    async (localCalls) => {
      const { service, debug } = await started(["--log_level=info"], [], { drainTimeoutMs: 600_000, localCalls });
      const seen: string[] = [];
      let following = (): void => undefined;
      const begun = new Promise<void>((resolve) => {
        following = resolve;
      });
      const reading = (async () => {
        for await (const { message } of debug.log({ stream: true })) {
          seen.push(message);
          following();
        }
      })();
      await begun;
      await service.stop();
      await reading;
      expect(seen.at(-1)).toContain("Deregistering node");
    },
  );

  it("tells what is known of the services that it calls, and nothing of what they answered", async () => {
    const { service, caller, debug } = await started();
    expect(await debug.cache({})).toEqual({ values: {} });
    await caller.client(Debug, service.name).health({});
    await caller.start();
    const own = open.use(createService({ ...inProcess, name: "other", argv: ["--registry=memory"] }));
    const { values } = await own.client(Debug, caller.name).cache({});
    expect(Object.keys(values)).toEqual([service.name]);
    expect(JSON.parse(values[service.name] ?? "")).toEqual({ nodes: 1, stale: false, ageMs: 0 });
  });

  it("gives way to a handler of the program with the same name", async () => {
    const made = open.use(
      createService({ ...inProcess, name: "own", argv: ["--registry=memory", "--log_level=error"] }),
    );
    made.handle(
      { name: "Debug", fullName: "mine.Debug", methods: { health: Debug.methods.health } },
      { health: () => ({ status: "mine" }) },
    );
    await made.start();
    const { client } = open.use(createService({ ...inProcess, name: "cli", argv: ["--registry=memory"] }));
    expect(await client(Debug, "own").health({})).toEqual({ status: "mine" });
    await expect(client(Debug, "own").stats({})).rejects.toMatchObject({ code: 404 });
  });

  async function started(
    argv: string[] = ["--log_level=error"],
    callerArgv: string[] = [],
    options: Partial<ServiceOptions> = {},
  ) {
    const service = open.use(
      createService({ ...inProcess, ...options, name: "go.micro.srv.debugged", argv: ["--registry=memory", ...argv] }),
    );
    const json = {
      name: "json",
      fields: [],
      encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
      decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as { fail?: boolean },
      toJson: (value: unknown) => value,
      fromJson: (value: unknown) => value as { fail?: boolean },
    };
    service.handle(
      {
        name: "Echo",
        fullName: "Echo",
        methods: { say: { kind: "unary", name: "Say", request: json, response: json } },
      },
      {
        say: (request: { fail?: boolean }) => {
          if (request.fail) throw new Error("no such luck");
          return request;
        },
      },
    );
    await service.start();
    const caller = open.use(
      createService({
        ...inProcess,
        ...options,
        name: "cli",
        argv: ["--registry=memory", "--log_level=error", ...callerArgv],
      }),
    );
    return { service, caller, debug: caller.client(Debug, "go.micro.srv.debugged") };
  }
});

describe("logTail", () => {
  it("keeps the last lines and passes all on", () => {
    const written: string[] = [];
    const tail = logTail({ write: (line) => void written.push(line) }, () => 5, 2);
    const logger = createLogger({ destination: tail });
    for (const word of ["one", "two", "three"]) logger.info(word);
    expect(written).toHaveLength(3);
    expect(tail.lines().map(({ text }) => text.slice(text.lastIndexOf(" ") + 1))).toEqual(["two", "three"]);
  });

  it("follows from the moment that it is asked to, and to the last line before the end", async () => {
    const tail = logTail({ write: () => undefined }, () => 0);
    const stop = new AbortController();
    const following = tail.follow(stop.signal);
    for (const line of ["a", "b"]) tail.write(line);
    stop.abort();
    tail.write("c");
    const seen: string[] = [];
    for await (const { text } of following) seen.push(text);
    expect(seen).toEqual(["a", "b"]);
  });

  it("lets go of a follower when its signal is aborted", async () => {
    const tail = logTail({ write: () => undefined }, () => 0);
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { text } of tail.follow(stop.signal)) seen.push(text);
    })();
    tail.write("a\n");
    await expect.poll(() => seen).toEqual(["a"]);
    stop.abort();
    await following;
    tail.write("b\n");
    expect(seen).toEqual(["a"]);
  });
});
