import { fileURLToPath } from "node:url";
import { type AnyMethod, loadProto, type Service, type StreamCall } from "@micro/core";
import type { RunningProcess } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, requireGo } from "./go-peer.ts";
import { startOurs } from "./programs.ts";

const available = await requireGo();
const [registry = "mdns"] = await availableRegistries();
const debugProto = fileURLToPath(new URL("../../packages/core/proto/debug.proto", import.meta.url));
const directions = ["go → ts", "ts → go", "go → go"] as const;
type Direction = (typeof directions)[number];

interface LogRecord {
  timestamp: bigint | string;
  message: string;
}

interface Span {
  trace: string;
  id: string;
  parent: string;
  name: string;
  type: string;
  started: string;
  duration: string;
  metadata: Record<string, string>;
}

/** Calls `Debug` and reads its log; replies have all fields. */
interface DebugCaller {
  call(method: string, request?: object): Promise<Record<string, unknown>>;
  log(request: LogRequest): Promise<LogRecord[]>;
}

interface LogRequest {
  count?: number;
  /** Unix time in seconds. */
  since?: number;
  stream?: boolean;
  /** Leaves after so many records. */
  wanted?: number;
}

describe.skipIf(!available)("the endpoints that every service has", () => {
  let fleet: Fleet;
  /** Keeps spans and logs what happens, unlike the fleet's own. */
  let traced: RunningProcess;
  const tracedName = uniqueName("traced");
  let methods: Readonly<Record<string, AnyMethod>>;

  beforeAll(async () => {
    methods = (await loadProto(debugProto)).get("Debug")?.methods ?? {};
    fleet = await startFleet(registry);
    traced = await startOurs("peer", [...fleet.args, "--tracer=memory"], { PEER_NAME: tracedName });
  });
  afterAll(async () => {
    await traced?.stop();
    await fleet?.close();
  });

  it.each(directions)("say that they are well, %s", async (direction) => {
    expect(await caller(direction).call("Health")).toEqual({ status: "ok" });
  });

  it.each(directions)("count calls and errors, %s", async (direction) => {
    const debug = caller(direction);
    const before = numbersIn(await debug.call("Stats"));
    const [calls, errors] = [7, 3];
    for (let call = 0; call < calls; call++) await called(direction, "Peer.Nothing", {});
    for (let call = 0; call < errors; call++)
      expect((await called(direction, "Peer.Fail", { manner: "error", code: 403, id: "x" })).error).toBeDefined();
    const after = numbersIn(await debug.call("Stats"));
    // The first question counts among the requests of the second.
    expect(number(after.requests) - number(before.requests)).toBe(calls + errors + 1);
    expect(number(after.errors) - number(before.errors)).toBe(errors);
    const now = Date.now() / 1000;
    expect(Math.abs(number(after.timestamp) - now)).toBeLessThan(60);
    expect(number(after.started)).toBeLessThanOrEqual(number(after.timestamp));
    expect(number(after.uptime)).toBeLessThanOrEqual(number(after.timestamp) - number(after.started) + 1);
    expect(number(after.memory)).toBeGreaterThan(100_000);
    expect(number(after.threads)).toBeGreaterThan(0);
    expect(Object.keys(after).sort()).toEqual(Object.keys(numbersIn(await caller("go → go").call("Stats"))).sort());
  });

  it.each(directions)("give the log, oldest line first, %s", async (direction) => {
    const records = await caller(direction).log({});
    const at = (words: RegExp): number => records.findIndex(({ message }) => words.test(message));
    expect(at(/Starting \[service\]/)).toBeGreaterThanOrEqual(0);
    expect(at(/Registry \[\w+\] Registering node/)).toBeGreaterThan(at(/Server \[grpc\] Listening on/));
    for (const { timestamp } of records) expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(120);
  });

  it("give as many lines as go asks for of ours, and those since a moment", async () => {
    const debug = caller("go → ts");
    const all = await debug.log({});
    expect(await debug.log({ count: 2 })).toEqual(all.slice(-2));
    expect(await debug.log({ since: Math.floor(Date.now() / 1000) + 60 })).toEqual([]);
  });

  it("go on with the lines that follow when go asks ours for a stream", async () => {
    const debug = caller("go → ts");
    const before = (await debug.log({})).length;
    let wanted = 3;
    const reading = debug.log({ stream: true, wanted: before + wanted });
    // One that fails leaves a line; the reader joins at some moment of its own and leaves after so many.
    const failing = (async () => {
      for (let count = 1; wanted > 0; count++)
        await called("go → ts", "Peer.Fail", { manner: "panic", detail: `line ${count}` }, { retries: 0 });
    })();
    const lines = await reading;
    wanted = 0;
    await failing;
    expect(lines.slice(0, before)).toEqual((await debug.log({})).slice(0, before));
    const follow = lines.slice(before).map(({ message }) => Number(/Peer.Fail failed: line (\d+)/.exec(message)?.[1]));
    const first = follow[0] ?? 0;
    expect(follow).toEqual([first, first + 1, first + 2]);
  });

  it("let a go reader of the log go when ours is told to stop", async () => {
    const name = uniqueName("stopping");
    await using stopping = await startOurs("peer", fleet.args, { PEER_NAME: name });
    const reading = goDebug(fleet.go, name).log({ stream: true });
    await fleet.go.process.waitForLine(`reading the log of ${name}`);
    stopping.signal("SIGTERM");
    expect((await reading)[0]?.message).toMatch(/Starting \[service\]/);
    expect(await stopping.exited).toEqual({ code: 0, signal: null });
    expect(stopping.output()).not.toContain("cut off");
  });

  it.each(directions)("tell what the client keeps, %s", async (direction) => {
    const relay = direction === "go → ts" ? tracedName : fleet.goName;
    const order = { service: relay, endpoint: "Peer.Relay", body: { service: fleet.goName } };
    expect((await fleet.go.call(order)).error).toBeUndefined();
    const { values } = (await caller(direction).call("Cache")) as { values: Record<string, string> };
    // go-micro keeps answers, and only those that the program asked it to keep; ours keeps where services are.
    if (direction === "go → ts") expect(JSON.parse(values[fleet.goName] ?? "null")).toMatchObject({ nodes: 1 });
    else expect(values).toEqual({});
  });

  it("show one trace over a call of go to ours", async () => {
    expect((await fleet.go.call({ service: tracedName, endpoint: "Peer.Look" })).error).toBeUndefined();
    const outbound = await lastSpan(fleet.goName, `${tracedName}.Peer.Look`, "OUTBOUND");
    expect(outbound.parent).toBe("");
    await calledBy(outbound, tracedName);
  });

  // Not the other way round: a handler of go's that calls on sends its caller's span or its own, by the order of a map.
  it("show one trace over a call of go to ours and of ours to go", async () => {
    const order = { service: tracedName, endpoint: "Peer.Relay", body: { service: fleet.goName } };
    expect((await fleet.go.call(order)).error).toBeUndefined();
    const first = await lastSpan(fleet.goName, `${tracedName}.Peer.Relay`, "OUTBOUND");
    const relayed = await calledBy(first, tracedName);
    const second = await lastSpan(tracedName, `${fleet.goName}.Peer.Look`, "OUTBOUND");
    expect(second).toMatchObject({ trace: first.trace, parent: relayed.id });
    await calledBy(second, fleet.goName);
  });

  async function lastSpan(service: string, name: string, type: string): Promise<Span> {
    return eventually(async () => {
      const found = (await spansOf(goDebug(fleet.go, service))).filter(
        (span) => span.name === name && span.type === type,
      );
      expect(found).not.toEqual([]);
      return found.at(-1) as Span;
    });
  }

  /** The callee's span of a call. */
  async function calledBy({ trace, id, name }: Span, callee: string): Promise<Span> {
    const inbound = await lastSpan(callee, name, "INBOUND");
    expect(inbound).toMatchObject({ trace, parent: id });
    expect(await spansOf(goDebug(fleet.go, callee), trace)).toContainEqual(inbound);
    expect(Math.abs(Number(inbound.started) / 1e9 - Date.now() / 1000)).toBeLessThan(120);
    expect(Number(inbound.duration)).toBeGreaterThan(0);
    return inbound;
  }

  it("show no span of their own, and the error of a call that failed", async () => {
    const endpoint = "Peer.Fail";
    await fleet.go.call({
      service: tracedName,
      endpoint,
      body: { manner: "error", code: 409, id: "x", detail: "no" },
    });
    const spans = await spansOf(goDebug(fleet.go, tracedName));
    expect(spans.filter(({ name }) => name.includes("Debug."))).toEqual([]);
    const failed = spans.filter(({ name }) => name.endsWith(endpoint)).at(-1);
    expect(JSON.parse(failed?.metadata.error ?? "{}")).toMatchObject({ id: "x", code: 409, detail: "no" });
  });

  function caller(direction: Direction): DebugCaller {
    if (direction === "ts → go") return ourDebug(fleet.ours, methods, fleet.goName);
    return goDebug(fleet.go, direction === "go → ts" ? tracedName : fleet.goName);
  }

  function called(direction: Direction, endpoint: string, body: object, settings: { retries?: number } = {}) {
    return fleet.go.call({ service: direction === "go → ts" ? tracedName : fleet.goName, endpoint, body, ...settings });
  }
});

function goDebug(go: GoPeer, service: string): DebugCaller {
  return {
    async call(method, body = {}) {
      const { reply, text } = await go.call({ service, endpoint: `Debug.${method}`, body });
      if (!reply) throw new Error(text);
      return reply;
    },
    async log({ count = 0, since = 0, stream = false, wanted = 0 }) {
      const order = { Service: service, Count: count, Since: since, Stream: stream, Wanted: wanted, TimeoutMs: 15_000 };
      const { records, error } = await go.order<{ records: LogRecord[]; error?: string }>("/debug/log", order);
      if (error) throw new Error(error);
      // encoding/json of Go's structs: numbers stay numbers, empty fields are left out.
      return records.map(({ timestamp, message }) => ({ timestamp: String(timestamp), message }));
    },
  };
}

function ourDebug(ours: Service, methods: Readonly<Record<string, AnyMethod>>, service: string): DebugCaller {
  const plan = (method: string) => {
    const { request, response } = methods[method.toLowerCase()] ?? { request: undefined, response: undefined };
    if (!request || !response) throw new Error(`Debug has no method ${method}`);
    return { service, endpoint: `Debug.${method}`, request, response };
  };
  return {
    async call(method, body = {}) {
      const { response, ...rest } = plan(method);
      return (await ours.rawClient.prepare({ ...rest, response })(body)) as Record<string, unknown>;
    },
    async log({ count = 0, since = 0, stream = false }) {
      const { response, ...rest } = plan("Log");
      const call: StreamCall = ours.rawClient.prepareStream({ ...rest, response, kind: "server-stream" });
      const records: LogRecord[] = [];
      const request = { count: BigInt(count), since: BigInt(since), stream };
      for await (const record of call(one(request), { timeoutMs: 15_000 }))
        records.push(response.toJson(record as never) as LogRecord);
      return records;
    },
  };
}

async function* one<T>(value: T): AsyncGenerator<T, void, void> {
  yield value;
}

async function spansOf(debug: DebugCaller, id = ""): Promise<Span[]> {
  return (await debug.call("Trace", { id })).spans as Span[];
}

function numbersIn(reply: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.entries(reply).map(([key, value]) => [key, Number(value)]));
}

function number(value: number | undefined): number {
  return value ?? Number.NaN;
}
