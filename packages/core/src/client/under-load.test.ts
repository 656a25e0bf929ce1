import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Connection, OutgoingCall, Protocol } from "../protocol/protocol.ts";
import { memoryRegistry } from "../registry/memory.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import { leastLoaded } from "../selector/least-loaded.ts";
import { powerOfTwoChoices } from "../selector/power-of-two-choices.ts";
import { random } from "../selector/random.ts";
import { type RegistrySelectorOptions, registrySelector } from "../selector/registry-selector.ts";
import { roundRobin } from "../selector/round-robin.ts";
import { weighted } from "../selector/weighted.ts";
import { withNodeLimit } from "../selector/with-node-limit.ts";
import { testClock } from "../words/clock.ts";
import { cancelled, MicroError, timeout, unavailable } from "../words/errors.ts";
import { closeStack } from "../words/lifecycle.ts";
import { attemptError } from "./attempt-error.ts";
import type { CallOptions } from "./client.ts";
import { type ClientOptions, createClient } from "./create-client.ts";
import { hedge } from "./hedge.ts";
import { retryUnprocessed } from "./retry.ts";
import { countCalls, retryBudget, withRetryBudget } from "./retry-budget.ts";
import { shardBy } from "./shard-by.ts";

// Real clients and selectors over nodes that exist only as numbers, on a clock that is turned and with chance that is
// the same each time: what each part is worth, in numbers that do not depend on the machine.

const open = closeStack();
afterEach(() => open.close());
beforeEach(() => void vi.spyOn(Math, "random").mockImplementation(seeded(20_200_802)));
afterEach(() => vi.restoreAllMocks());

describe("with one node of four that takes 200 ms where the others take 10 ms, at 100 calls a second", () => {
  it.each([
    ["round robin gives it a quarter of the calls", roundRobin, 0.25, 0.25],
    ["least loaded gives it few", leastLoaded, 0, 0.06],
    ["the power of two choices gives it few", powerOfTwoChoices, 0, 0.1],
  ])("%s", async (_name, strategy, least, most) => {
    const serve = (id: string): number => (id === "n1" ? 200 : 10);
    const { load } = await fleet({ nodes: 4, serve, selector: { strategy } });
    const result = await load({ everyMs: 10, forMs: 10_000 });
    expect(result.shareOf("n1")).toBeGreaterThanOrEqual(least);
    expect(result.shareOf("n1")).toBeLessThanOrEqual(most);
    expect(result.failed).toBe(0);
  });
});

describe("with weights 5, 3 and 2", () => {
  it("nodes get half, three tenths and two tenths of the calls", async () => {
    const weights = ["5", "3", "2"];
    const { load } = await fleet({ nodes: 3, serve: () => 10, weights, selector: { strategy: weighted } });
    const result = await load({ everyMs: 5, forMs: 5_000 });
    expect(["n1", "n2", "n3"].map((id) => result.shareOf(id))).toEqual([0.5, 0.3, 0.2]);
  });
});

describe("with calls sharded by user over five nodes", () => {
  it("a node that goes takes only its own users along", async () => {
    const middleware = [shardBy((_request, { metadata }) => metadata?.user)];
    const { load, remove } = await fleet({ nodes: 5, serve: () => 10, client: { middleware } });
    const options = (call: number): CallOptions => ({ metadata: { user: `u${call % 200}` } });
    const before = await load({ everyMs: 1, forMs: 1_000, options });
    await remove("n1");
    const after = await load({ everyMs: 1, forMs: 1_000, options });
    const home = (result: Result, user: number) => new Set(result.nodes.filter((_id, call) => call % 200 === user));
    let moved = 0;
    for (let user = 0; user < 200; user++) {
      const [was, is] = [home(before, user), home(after, user)];
      expect([was.size, is.size]).toEqual([1, 1]);
      if (was.has("n1")) moved++;
      else expect(is).toEqual(was);
    }
    expect(moved / 200).toBeCloseTo(before.shareOf("n1"));
    expect(moved).toBeLessThan(60);
  });
});

describe("with all nodes out of reach, at 1,000 calls a second", () => {
  const serve = (): MicroError => unavailable("go.micro.client", "refused", { unprocessed: true });

  it("each call is attempted three times without a budget", async () => {
    const { load } = await fleet({ nodes: 3, serve });
    const result = await load({ everyMs: 1, forMs: 5_000 });
    expect(result.attempts / result.calls).toBe(3);
  });

  it("a retry budget bounds the additional attempts to a fifth", async () => {
    const budget = retryBudget({ clock, perSecond: 10 });
    const retry = withRetryBudget(retryUnprocessed, budget);
    const { load } = await fleet({ nodes: 3, serve, client: { retry, middleware: [countCalls(budget)] } });
    const result = await load({ everyMs: 1, forMs: 5_000 });
    expect(result.attempts / result.calls).toBeGreaterThan(1.2);
    expect(result.attempts / result.calls).toBeLessThan(1.23);
    expect(result.failed).toBe(result.calls);
  });
});

describe("with three answers of a hundred that take 500 ms where the others take 5 to 15 ms", () => {
  const serve = (): number => (Math.random() < 0.03 ? 500 : 5 + Math.floor(Math.random() * 10));

  it("the slowest of a hundred calls takes 500 ms", async () => {
    const { load } = await fleet({ nodes: 4, serve });
    const result = await load({ everyMs: 5, forMs: 10_000, options: () => ({ idempotent: true }) });
    expect(result.latency(0.98)).toBe(500);
  });

  it("hedging brings it to 30 ms for at most six calls more in a hundred", async () => {
    const { load } = await fleet({ nodes: 4, serve, client: { middleware: [hedge({ clock })] } });
    const result = await load({ everyMs: 5, forMs: 10_000, options: () => ({ idempotent: true }) });
    expect(result.latency(0.99)).toBeLessThanOrEqual(30);
    expect(result.attempts / result.calls).toBeGreaterThan(1.02);
    expect(result.attempts / result.calls).toBeLessThan(1.06);
    expect(result.failed).toBe(0);
  });

  it("hedging costs nothing where calls may not run twice", async () => {
    const { load } = await fleet({ nodes: 4, serve, client: { middleware: [hedge({ clock })] } });
    const result = await load({ everyMs: 5, forMs: 2_000 });
    expect(result.attempts).toBe(result.calls);
  });

  it.each([
    ["doubles the calls when every node becomes slow", Number.POSITIVE_INFINITY, 2, 2],
    ["with a budget of a twentieth does not", 0.05, 1.05, 1.1],
  ])("hedging after a fixed delay %s", async (_name, share, least, most) => {
    let slow = false;
    const budget = retryBudget({ clock, share, perSecond: 0 });
    const middleware = [countCalls(budget), hedge({ clock, budget, delayMs: 30 })];
    const { load } = await fleet({ nodes: 4, serve: () => (slow ? 300 : 10), client: { middleware } });
    await load({ everyMs: 5, forMs: 2_000, options: () => ({ idempotent: true }) });
    slow = true;
    const result = await load({ everyMs: 5, forMs: 2_000, options: () => ({ idempotent: true }) });
    expect(result.attempts / result.calls).toBeGreaterThanOrEqual(least);
    expect(result.attempts / result.calls).toBeLessThanOrEqual(most);
  });
});

describe("with one node of three frozen, calls that may take a second and 60 calls a second", () => {
  const serve = (id: string): number => (id === "n1" ? Number.POSITIVE_INFINITY : 10);
  const client = { timeoutMs: 1_000 };
  const options = { everyMs: 16, forMs: 30_000 };

  it("a third of all calls is lost for as long as it lasts", async () => {
    const { load } = await fleet({ nodes: 3, serve, client });
    const result = await load(options);
    expect(result.failed / result.calls).toBeCloseTo(1 / 3, 2);
  });

  it("outlier ejection loses those of the first second, then a trial now and then", async () => {
    const { load } = await fleet({ nodes: 3, serve, client, selector: { outliers: {} } });
    const result = await load(options);
    // 20 calls a second went there, five of which had to run out of time first; the trials are at 2, 4, 8 … seconds.
    expect(result.failed).toBeLessThan(35);
    expect(result.failedSince(5_000)).toBeLessThanOrEqual(4);
  });

  it("least loaded loses fewer at once, but goes on losing some", async () => {
    const { load } = await fleet({ nodes: 3, serve, client, selector: { strategy: leastLoaded } });
    const result = await load(options);
    expect(result.failed / result.calls).toBeLessThan(0.04);
    expect(result.failedSince(5_000)).toBeGreaterThan(10);
  });

  it("both together lose hardly any", async () => {
    const selector = { strategy: leastLoaded, outliers: {} };
    const { load } = await fleet({ nodes: 3, serve, client, selector });
    const result = await load(options);
    expect(result.failed).toBeLessThan(15);
  });

  it("hedging loses none that may run twice, but asks twice for a third of them", async () => {
    const middleware = [hedge({ clock, delayMs: 30 })];
    const { load } = await fleet({
      nodes: 3,
      serve,
      client: { ...client, middleware },
      selector: { strategy: random },
    });
    const result = await load({ ...options, options: () => ({ idempotent: true }) });
    expect(result.failed).toBe(0);
    expect(result.attempts / result.calls).toBeCloseTo(4 / 3, 1);
  });

  it("hedging with outlier ejection loses none and soon asks once", async () => {
    const middleware = [hedge({ clock, delayMs: 30 })];
    const { load } = await fleet({ nodes: 3, serve, client: { ...client, middleware }, selector: { outliers: {} } });
    const result = await load({ ...options, options: () => ({ idempotent: true }) });
    expect(result.failed).toBe(0);
    expect(result.attempts - result.calls).toBeLessThan(15);
  });

  it("a limit of calls a node bounds how many wait there", async () => {
    const strategy = withNodeLimit(5, roundRobin);
    const { load } = await fleet({ nodes: 3, serve, client, selector: { strategy } });
    const result = await load(options);
    expect(result.mostAt("n1")).toBe(5);
    expect(result.failed / result.calls).toBeLessThan(0.09);
  });
});

describe("with one node of three that fails half of its calls", () => {
  it("outlier ejection brings failures from a sixth of the calls to few", async () => {
    const failure = new MicroError("s", 500, "broken", { answered: true });
    const serve = (id: string) => (id === "n1" && Math.random() < 0.5 ? failure : 10);
    const load = { everyMs: 10, forMs: 60_000 };
    const without = await (await fleet({ nodes: 3, serve })).load(load);
    expect(without.failed / without.calls).toBeCloseTo(1 / 6, 1);
    const withEjection = await (await fleet({ nodes: 3, serve, selector: { outliers: {} } })).load(load);
    expect(withEjection.failed / withEjection.calls).toBeLessThan(0.02);
  });
});

describe("with more calls than three nodes can take", () => {
  it("a limit of calls a node refuses the surplus at once, and the others are answered in time", async () => {
    let busy = 0;
    // Each call under way makes all others slower, as a saturated machine does.
    const serve = (): number => 100 + Math.max(0, busy - 30) * 20;
    const watch = (change: number): void => {
      busy += change;
    };
    const client = { timeoutMs: 2_000 };
    const unlimited = await (await fleet({ nodes: 3, serve, watch, client })).load({ everyMs: 2, forMs: 5_000 });
    expect(unlimited.failed / unlimited.calls).toBeGreaterThan(0.7);
    busy = 0;
    const selector = { strategy: withNodeLimit(10) };
    const limited = await (await fleet({ nodes: 3, serve, watch, client, selector })).load({
      everyMs: 2,
      forMs: 5_000,
    });
    expect(limited.latency(1)).toBeLessThanOrEqual(120);
    expect(limited.attempts / limited.calls).toBeCloseTo(30 / 50, 1);
    expect(limited.codes).toEqual(new Set([503]));
  });
});

const clock = testClock();

interface Scene {
  nodes: number;
  /** How long an answer of this node takes, in milliseconds, or how it fails. */
  serve(id: string): number | MicroError;
  /** Told 1 when a node begins a call and -1 when it ends it. */
  watch?: (change: number) => void;
  weights?: readonly string[];
  selector?: RegistrySelectorOptions;
  client?: Partial<ClientOptions>;
}

async function fleet({ nodes, serve, watch, weights = [], ...options }: Scene) {
  const registry = open.use(memoryRegistry({ clock }));
  const record = (id: string): ServiceRecord => {
    const weight = weights[Number(id.slice(1)) - 1];
    const metadata = { protocol: "simulated", ...(weight !== undefined && { weight }) };
    return { name: "s", version: "1", metadata: {}, endpoints: [], nodes: [{ id, address: id, metadata }] };
  };
  for (let n = 1; n <= nodes; n++) await registry.register(record(`n${n}`));
  const selector = open.use(registrySelector({ registry, clock, ...options.selector }));
  const gauge = new Map<string, { now: number; most: number }>();
  const attempts: string[] = [];

  async function attempt(id: string, outgoing: OutgoingCall): Promise<Uint8Array> {
    const count = gauge.get(id) ?? { now: 0, most: 0 };
    gauge.set(id, count);
    count.most = Math.max(count.most, ++count.now);
    attempts.push(id);
    watch?.(1);
    try {
      return await answer(id, serve(id), outgoing);
    } finally {
      watch?.(-1);
      count.now--;
    }
  }

  /** Reports attempts to the selector. */
  async function reported(id: string, outgoing: OutgoingCall): Promise<Uint8Array> {
    const nodeRecord = record(id);
    const candidate = { node: nodeRecord.nodes[0] as ServiceRecord["nodes"][number], record: nodeRecord };
    selector.began?.(candidate);
    try {
      const reply = await attempt(id, outgoing);
      selector.ended?.(candidate);
      return reply;
    } catch (reason) {
      selector.ended?.(candidate, attemptError(MicroError.from(reason, "go.micro.client"), outgoing.signal));
      throw reason;
    }
  }

  const { select, mark, close } = selector;
  const client = open.use(
    createClient({
      selector: { select, mark, close, [Symbol.asyncDispose]: close },
      protocols: [simulated(reported)],
      clock,
      ...options.client,
    }),
  );
  const call = client.prepare<Uint8Array, Uint8Array>({ service: "s", endpoint: "A.B", raw: true });

  /** One call every so often, whether or not those before have ended. */
  async function load({ everyMs, forMs, options: optionsOf }: Load): Promise<Result> {
    attempts.length = 0;
    gauge.clear();
    const startMs = clock.now();
    const outcomes: Promise<Outcome>[] = [];
    for (let call_ = 0; clock.now() < startMs + forMs; call_++) {
      outcomes.push(timed(call(Buffer.from(""), optionsOf?.(call_) ?? {})));
      await clock.advance(everyMs);
    }
    const all = Promise.all(outcomes);
    await clock.advance(10_000);
    return resultOf(await all, startMs, [...attempts], gauge);
  }

  const remove = async (id: string): Promise<void> => {
    await registry.deregister(record(id));
    await clock.advance(0);
  };
  return { load, remove };
}

interface Load {
  everyMs: number;
  forMs: number;
  options?: (call: number) => CallOptions;
}

interface Outcome {
  readonly startMs: number;
  readonly tookMs: number;
  readonly node: string;
  readonly code: number;
}

async function timed(reply: Promise<Uint8Array>): Promise<Outcome> {
  const startMs = clock.now();
  return reply.then(
    (node) => ({ startMs, tookMs: clock.now() - startMs, node: Buffer.from(node).toString(), code: 200 }),
    ({ code }: MicroError) => ({ startMs, tookMs: clock.now() - startMs, node: "", code }),
  );
}

function resultOf(
  outcomes: readonly Outcome[],
  startMs: number,
  attempts: readonly string[],
  gauge: ReadonlyMap<string, { most: number }>,
) {
  const failures = outcomes.filter(({ code }) => code !== 200);
  const latencies = outcomes.filter(({ code }) => code === 200).map(({ tookMs }) => tookMs);
  latencies.sort((a, b) => a - b);
  return {
    calls: outcomes.length,
    attempts: attempts.length,
    failed: failures.length,
    codes: new Set(failures.map(({ code }) => code)),
    /** The node that answered each call. */
    nodes: outcomes.map(({ node }) => node),
    failedSince: (ms: number) => failures.filter((failure) => failure.startMs >= startMs + ms).length,
    /** What this share of the answered calls took at most. */
    latency: (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN,
    /** The share of attempts that a node got. */
    shareOf: (id: string) => attempts.filter((each) => each === id).length / attempts.length,
    /** The most calls that a node had at once. */
    mostAt: (id: string) => gauge.get(id)?.most ?? 0,
  };
}

type Result = ReturnType<typeof resultOf>;

/** A node's answer after its time; what the call's deadline or its caller leave of it. */
function answer(id: string, outcome: number | MicroError, { deadline, signal }: OutgoingCall): Promise<Uint8Array> {
  if (typeof outcome !== "number") return Promise.reject(outcome);
  return new Promise((resolve, reject) => {
    const leftMs = deadline - clock.now();
    const late = (): void => reject(timeout("go.micro.client", "context deadline exceeded"));
    const cancel = clock.after(Math.min(outcome, leftMs), () => {
      if (outcome > leftMs) late();
      else resolve(Buffer.from(id));
    });
    signal?.addEventListener("abort", () => {
      cancel();
      reject(cancelled("go.micro.client", "call cancelled"));
    });
  });
}

function simulated(unary: (address: string, call: OutgoingCall) => Promise<Uint8Array>): Protocol {
  const close = async (): Promise<void> => undefined;
  const unused = (): never => {
    throw new Error("this protocol makes unary calls only");
  };
  const connect = (address: string): Connection => ({
    unary: (call) => unary(address, call),
    stream: unused,
    close,
    [Symbol.asyncDispose]: close,
  });
  return { name: "simulated", connect, serve: unused };
}

/** Numbers in [0, 1), the same each time. Source: Mulberry32, Tommy Ettinger, 2017. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
