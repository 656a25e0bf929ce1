import { afterEach, describe, expect, it } from "vitest";
import { codecTable } from "../codec/codecs.ts";
import { protobufCodec } from "../codec/protobuf.ts";
import { registrySelector } from "../selector/registry-selector.ts";
import type { Strategy } from "../selector/selector.ts";
import type { ServiceDescription } from "../words/description.ts";
import { unavailable } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import type { SelectorParts } from "./calling.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import { Debug } from "./gen/debug.ts";
import type { ServiceContext } from "./service.ts";

const argv = ["--registry=memory", "--log_level=error"];
const inProcess = { argv, env: {}, noticeMs: 0, drainTimeoutMs: 200, localCalls: "never" } as const;

const Say = {
  name: "Say",
  fullName: "test.Say",
  methods: { hello: { ...Debug.methods.health, name: "Hello" }, count: { ...Debug.methods.log, name: "Count" } },
} satisfies ServiceDescription;

describe("the calls of a service", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("go where the program's selector says, which gets what flags chose and is closed with the service", async () => {
    await started("a");
    let given: SelectorParts | undefined;
    let closed = 0;
    const caller = create({
      argv: [...argv, "--selector=random"],
      outliers: { minCalls: 3 },
      selector(parts) {
        given = parts;
        const selector = registrySelector(parts);
        return {
          ...selector,
          close: async () => {
            closed++;
            await selector.close();
          },
        };
      },
    });
    expect(await caller.client(Say, "srv").hello({})).toEqual({ status: "a" });
    expect(given).toMatchObject({ outliers: { minCalls: 3 }, registry: { name: "memory" } });
    expect(given?.strategy.name).toBe("random");
    await caller.close();
    expect(closed).toBe(1);
  });

  it("go by the program's strategy unless a flag says another", async () => {
    await started("a");
    let asked = 0;
    const strategy: Strategy = () => (candidates) => {
      asked++;
      return candidates[0] ?? never();
    };
    await create({ strategy }).client(Say, "srv").hello({});
    expect(asked).toBe(1);
    await create({ strategy, argv: [...argv, "--selector=roundrobin"] })
      .client(Say, "srv")
      .hello({});
    expect(asked).toBe(1);
  });

  it("go to the service's name itself with --selector=static, whatever the registry and the program say", async () => {
    const service = await started("a");
    const port = service.address.slice(service.address.lastIndexOf(":") + 1);
    const caller = create({ argv: [...argv, "--selector=static"], selector: registrySelector });
    expect(await caller.client(Say, `127.0.0.1:${port}`).hello({})).toEqual({ status: "a" });
  });

  it.each(["registry", "default", "cache", "dns"])(
    "know go-micro's word %s for where nodes are found",
    async (word) => {
      const service = create({ name: "srv", argv: [...argv, `--selector=${word}`] });
      await service.start();
      expect(service.address).not.toBe("");
    },
  );

  it("are refused with a limit that lets none through", async () => {
    await expect(create({ nodeLimit: 0 }).start()).rejects.toMatchObject({ name: "ConfigError" });
  });

  it("are no more at one node than its limit", async () => {
    const { arrivals, release } = await held("a");
    const { hello } = create({ nodeLimit: 2 }).client(Say, "srv");
    const waiting = [hello({}), hello({})];
    await expect.poll(arrivals).toBe(2);
    await expect(hello({})).rejects.toMatchObject({ code: 503, detail: expect.stringContaining("the most allowed") });
    release();
    await Promise.all(waiting);
  });

  it("leave out nodes that do far worse, and count and say that", async () => {
    await started("good");
    await started("bad", () => Promise.reject(new Error("broken")));
    const { logger, lines } = log();
    const caller = create({ logger, outliers: { minCalls: 5 } });
    const { hello } = caller.client(Say, "srv");
    // Nodes are compared a few times a second at most.
    for (let call = 0; caller.stats().leftOut.ejections === 0 && call < 20_000; call++)
      await hello({}).catch(() => undefined);
    expect(caller.stats().leftOut).toEqual({ outages: 0, ejections: 1 });
    expect(lines.filter((line) => line.includes("far worse"))).toHaveLength(1);
  });

  it("ask a second node when the first takes long, and count and say that", async () => {
    const stuck = await held("stuck");
    await started("quick");
    const { logger, lines } = log();
    const caller = create({ logger, hedge: { delayMs: 5 } });
    const { hello } = caller.client(Say, "srv");
    for (let call = 0; call < 4; call++) expect(await hello({}, { idempotent: true })).toEqual({ status: "quick" });
    const { made } = caller.stats();
    expect(made.hedges).toBeGreaterThan(0);
    expect(made.calls).toBe(4 + made.hedges);
    expect(lines[0]).toBe("info Say.Hello of srv takes long, a second node is asked");
    stuck.release();
  });

  it("are tried again only as far as the budget goes, and count and say that", async () => {
    const { logger, lines } = log();
    const caller = create({ logger, retryBudget: { share: 0, perSecond: 0.1 } });
    await registerNobody(caller);
    const { hello } = caller.client(Say, "srv");
    for (let call = 0; call < 5; call++) await expect(hello({})).rejects.toMatchObject({ code: 503 });
    expect(caller.stats().made).toEqual({ calls: 5, retries: 1, hedges: 0, refused: 4 });
    expect(lines).toEqual([
      expect.stringMatching(/^warn node nobody-1 of srv .* left out/),
      expect.stringMatching(/^info Say.Hello of srv is tried again, attempt 2: 503 ./),
      expect.stringMatching(/^warn the retry budget is spent/),
    ]);
  });

  it("pass through the program's middleware, streams through one of their own", async () => {
    await started("a");
    const seen: string[] = [];
    const { hello, count } = create({
      clientMiddleware: [
        (next, { endpoint }) =>
          (...args) => {
            seen.push(endpoint);
            return next(...args);
          },
      ],
      clientStreamMiddleware: [
        (next, { endpoint }) =>
          (...args) => {
            seen.push(`stream ${endpoint}`);
            return next(...args);
          },
      ],
    }).client(Say, "srv");
    await hello({});
    for await (const _ of count({}));
    expect(seen).toEqual(["Say.Hello", "stream Say.Count"]);
  });

  it("are written by the program's codecs, which its server and subscribers read by too", async () => {
    const used: string[] = [];
    const codecs = (who: string) =>
      codecTable([
        {
          ...protobufCodec,
          coder(type) {
            used.push(`${who} ${type?.name}`);
            return protobufCodec.coder(type);
          },
        },
      ]);
    await started("a", undefined, { codecs: codecs("server") });
    const caller = create({ codecs: codecs("client"), broker: "memory" });
    expect(await caller.client(Say, "srv").hello({})).toEqual({ status: "a" });
    expect(used).toEqual(expect.arrayContaining(["client HealthRequest", "server HealthRequest"]));
    used.length = 0;
    const type = Debug.methods.trace.request;
    const got: unknown[] = [];
    caller.subscribe("topic", (message) => void got.push(message), { type });
    await caller.start();
    await caller.publish("topic", { id: "7" }, { type });
    await expect.poll(() => got).toEqual([{ id: "7" }]);
    expect(used).toEqual(["client TraceRequest", "client TraceRequest"]);
  });

  it("count what is served as well", async () => {
    const service = await started("a", () => Promise.reject(new Error("broken")));
    await create({})
      .client(Say, "srv")
      .hello({})
      .catch(() => undefined);
    expect(service.stats().served).toEqual({ requests: 1, errors: 1 });
  });

  function create(options: Partial<ServiceOptions>) {
    return open.use(createService({ ...inProcess, name: "cli", ...options }));
  }

  async function started(
    id: string,
    hello: Hello = async () => ({ status: id }),
    options: Partial<ServiceOptions> = {},
  ) {
    const service = open.use(createService({ ...inProcess, name: "srv", metadata: { id }, ...options }));
    service.handle(Say, { hello, count: () => nothing() });
    await service.start();
    return service;
  }

  /** A node that answers when it is let. */
  async function held(id: string) {
    let arrived = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await started(id, async (_request, { signal }) => {
      arrived++;
      await Promise.race([released, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
      return { status: id };
    });
    return { arrivals: () => arrived, release };
  }
});

type Hello = (request: { service: string }, context: ServiceContext) => Promise<{ status: string }>;

/** A node where nothing listens. */
function registerNobody({ registry }: Pick<ReturnType<typeof createService>, "registry">): Promise<void> {
  const node = { id: "nobody-1", address: "127.0.0.1:1", metadata: { protocol: "grpc" } };
  return registry.register({ name: "srv", version: "1", metadata: {}, endpoints: [], nodes: [node] });
}

async function* nothing(): AsyncGenerator<never, void, undefined> {
  yield* [];
}

function never(): never {
  throw unavailable("test", "a strategy was given no candidates");
}

function log(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (line: unknown) => void lines.push(`${level} ${line}`);
  return { logger: { ...silentLogger, info: at("info"), warn: at("warn") }, lines };
}
