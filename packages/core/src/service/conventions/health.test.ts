import { describe, expect, it } from "vitest";
import { HealthCheckResponse_ServingStatus as Status } from "../gen/grpc_health_v1.ts";
import type { ServiceContext } from "../service.ts";
import { healthHandler } from "./health.ts";
import { phases, type ServicePhase, type ServiceState, serviceState, untilEnding } from "./state.ts";

const known = ["", "go.micro.srv.shop", "shop.v1.Orders", "Orders"];

describe("health", () => {
  it.each<[ServicePhase, number]>([
    ["starting", Status.NOT_SERVING],
    ["serving", Status.SERVING],
    ["draining", Status.NOT_SERVING],
    ["ending", Status.NOT_SERVING],
  ])("of a service that is %s is %i, under each of its names", async (phase, status) => {
    const { state, health, context } = shop();
    state.enter(phase);
    for (const service of known) expect(health.check({ service }, context)).toEqual({ status });
    expect(health.list({}, context)).toEqual({ statuses: Object.fromEntries(known.map((name) => [name, { status }])) });
  });

  it("of a name that is not served is an error that tells which are", () => {
    const { health, context } = shop();
    expect(() => health.check({ service: "Order" }, context)).toThrow(
      expect.objectContaining({
        code: 404,
        detail:
          'no service "Order" is served here; known are go.micro.srv.shop, shop.v1.Orders, Orders and the empty name',
      }),
    );
  });

  it("of more names than a list may have is asked one by one", () => {
    const handlers = Array.from({ length: 100 }, (_, n) => `h${n}`);
    const { health, context } = shop(handlers);
    expect(() => health.list({}, context)).toThrow(expect.objectContaining({ code: 429 }));
    expect(health.check({ service: "h99" }, context)).toEqual({ status: Status.NOT_SERVING });
  });

  it("is watched from what it is now through each change to the end of the service", async () => {
    const { state, health, context } = shop();
    const seen = collect(health.watch({ service: "Orders" }, context));
    for (const phase of ["serving", "draining", "ending"] as const) {
      await turn();
      state.enter(phase);
    }
    // Draining and ending are the same to whoever watches.
    expect(await seen).toEqual([Status.NOT_SERVING, Status.SERVING, Status.NOT_SERVING].map((status) => ({ status })));
  });

  it("of an unknown name is watched as unknown until the service ends", async () => {
    const { state, health, context } = shop();
    state.enter("serving");
    let ended = false;
    const seen = collect(health.watch({ service: "zzz" }, context)).finally(() => {
      ended = true;
    });
    await turn();
    state.enter("draining");
    await turn();
    expect(ended).toBe(false);
    state.enter("ending");
    expect(await seen).toEqual([{ status: Status.SERVICE_UNKNOWN }]);
  });

  it("is watched no longer than the caller wants", async () => {
    const { health, context, stop } = shop();
    const seen = collect(health.watch({ service: "" }, context));
    await turn();
    stop.abort();
    expect(await seen).toEqual([{ status: Status.NOT_SERVING }]);
  });
});

describe("the state of a service", () => {
  it("tells a slow reader only the last phase, and one who comes late that all is over", async () => {
    const state = serviceState();
    const reader = phases(state, new AbortController().signal);
    expect((await reader.next()).value).toBe("starting");
    state.enter("serving");
    state.enter("draining");
    state.enter("ending");
    expect(await collect(reader)).toEqual(["ending"]);
    expect(await collect(phases(state, new AbortController().signal))).toEqual(["ending"]);
  });

  it("forgets readers who left", async () => {
    const state = serviceState();
    let listening = 0;
    const counted: ServiceState = {
      phase: "serving",
      enter: state.enter,
      onChange(listener: (phase: ServicePhase) => void) {
        listening++;
        const forget = state.onChange(listener);
        return () => {
          listening--;
          forget();
        };
      },
    };
    const stop = new AbortController();
    const reader = collect(phases(counted, stop.signal));
    async function* two(): AsyncGenerator<number> {
      yield* [1, 2];
    }
    const messages = collect(untilEnding(counted, two()));
    await turn();
    stop.abort();
    await Promise.all([reader, messages]);
    expect(listening).toBe(0);
  });

  it("ends a wait for messages, and passes on what they throw", async () => {
    const state = serviceState();
    async function* silentAfter(...values: number[]): AsyncGenerator<number> {
      yield* values;
      await new Promise(() => undefined);
    }
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error("the caller went away");
    }
    await expect(collect(untilEnding(state, failing()))).rejects.toThrow("the caller went away");
    const seen = collect(untilEnding(state, silentAfter(1, 2)));
    await turn();
    state.enter("ending");
    expect(await seen).toEqual([1, 2]);
    expect(await collect(untilEnding(state, silentAfter(3)))).toEqual([]);
  });
});

function shop(handlers = ["shop.v1.Orders", "Orders"]) {
  const state = serviceState();
  const stop = new AbortController();
  const health = healthHandler({ service: "go.micro.srv.shop", handlers, state });
  return { state, health, stop, context: { signal: stop.signal } as ServiceContext };
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Lets everything that waits for a promise go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
