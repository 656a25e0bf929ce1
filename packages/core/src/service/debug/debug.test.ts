import { afterEach, describe, expect, it } from "vitest";
import { closeStack } from "../../words/lifecycle.ts";
import { createLogger } from "../../words/pino-logger.ts";
import { createService } from "../create-service.ts";
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

  async function started(argv: string[] = ["--log_level=error"]) {
    const service = open.use(
      createService({ ...inProcess, name: "go.micro.srv.debugged", argv: ["--registry=memory", ...argv] }),
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
      createService({ ...inProcess, name: "cli", argv: ["--registry=memory", "--log_level=error"] }),
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
