import { createClient, MicroError, mucpProtocol, registrySelector } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, directions, oursCalls } from "./directions.ts";
import { eventually } from "./eventually.ts";
import { availableRegistries } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { mucpCallerFor, mucpTypes } from "./mucp-directions.ts";
import { type MucpFleet, startMucpFleet } from "./mucp-fleet.ts";
import { everyField } from "./samples.ts";
import { Sample } from "./src/gen/peer.ts";
import { kibibytes } from "./stream-parts.ts";

const available = await requireGo();
const registries = await availableRegistries();
const whole = Sample.decode(Sample.encode(everyField));
const blank = Sample.decode(new Uint8Array());
const failure = { id: "interop.raised", code: 409, detail: 'naïve ✓ <>&%41 "quoted"\n\u2028' };

describe.skipIf(!available).each(registries.slice(0, 1))("unary calls by mucp, found over %s", (registry) => {
  let fleet: MucpFleet;
  beforeAll(async () => {
    fleet = await startMucpFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    const call: Caller = (...order) => mucpCallerFor(direction, fleet)(...order);

    it.each(mucpTypes)("carry every kind of field as %s", async (contentType) => {
      expect(await call("echo", everyField, { contentType })).toEqual({ reply: whole });
    });

    it.each(mucpTypes)("carry empty messages as %s", async (contentType) => {
      // Go writes no frame for a message of no bytes, and its own client takes that for a broken one.
      const lost = direction === "go → go" && /grpc(\+proto)?$/.test(contentType);
      const broken = { error: expect.objectContaining({ id: "go.micro.client.codec", detail: "EOF" }) };
      expect(await call("nothing", {}, { contentType })).toEqual(lost ? broken : { reply: {} });
      expect(await call("echo", {}, { contentType })).toEqual(lost ? broken : { reply: blank });
    });

    it.each(mucpTypes)("carry an error with id, code, detail and status as %s", async (contentType) => {
      // Go's server cannot write an error as protobuf; ours asks it in an envelope that can.
      const lost = direction === "go → go" && contentType === "application/protobuf";
      const expected = lost ? { code: 408 } : { ...failure, status: "Conflict" };
      const { error } = await call(
        "fail",
        { manner: "error", ...failure },
        { contentType, timeoutMs: lost ? 500 : 5_000 },
      );
      expect(error).toMatchObject(expected);
    });

    it.each([400, 401, 403, 404, 405, 408, 412, 429, 500, 501, 503, 599, 10_001])("carry code %i", async (code) => {
      const { error } = await call(
        "fail",
        { manner: "error", id: "x", code, detail: "d" },
        { contentType: "application/json" },
      );
      expect(error).toMatchObject({ id: "x", code, detail: "d" });
    });

    it("carry 3.9 MiB both ways", async () => {
      const blob = kibibytes(3_990);
      const { reply } = await call("echo", { blob });
      expect(Buffer.compare(reply?.blob ?? Buffer.alloc(0), blob)).toBe(0);
    });

    it("carry metadata, and tell the handler what it is told of a call", async () => {
      const given = {
        "X-Plain": "a b",
        traceId: "t",
        "x-list": "a, b",
        Authorization: "Bearer abc",
        "X-Text": "naïve ✓",
      };
      const { reply } = await call("look", {}, { metadata: given, contentType: "application/json" });
      const lowered = Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]);
      expect(reply?.headers).toMatchObject({
        ...Object.fromEntries(lowered),
        "content-type": "application/json",
        "micro-endpoint": "Peer.Look",
        "micro-method": "Peer.Look",
        "micro-service": direction === "go → ts" ? fleet.ourName : fleet.goName,
        remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        local: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      });
    });

    it("tell the handler the deadline", async () => {
      for (const [timeoutMs, asked] of [
        [5_000, {}],
        [60_000, { timeoutMs: 60_000 }],
      ] as const) {
        const left = Number((await call("look", {}, asked)).reply?.leftMs);
        expect(left).toBeLessThanOrEqual(timeoutMs);
        expect(left).toBeGreaterThan(timeoutMs - 2_000);
      }
    });

    it("give up with 408 when the time is over, and tell the handler", async () => {
      const key = `mucp ${direction}`;
      const { error } = await call("wait", { key, ms: 30_000n }, { timeoutMs: 300 });
      // The server's own clock may be the first to be heard: both count the same milliseconds.
      expect(error).toMatchObject({ code: 408 });
      expect(error?.detail).toContain("deadline exceeded");
      await eventually(async () =>
        expect((await call("recall", { key })).reply).toMatchObject({ finished: 0, givenUp: 1 }),
      );
    });

    it("are answered each with its own reply when there are many at once", async () => {
      const turns = Array.from({ length: 60 }, (_, turn) => String(turn));
      const replies = await Promise.all(turns.map((text) => call("echo", { text })));
      expect(replies.map(({ reply }) => reply?.text)).toEqual(turns);
    });
  });

  it.each(["go → ts", "ts → go"] as const)(
    "%s answer 1,000 calls on a connection, with an error in the middle",
    async (direction) => {
      const call = mucpCallerFor(direction, fleet);
      const remotes = new Set<string>();
      for (let turn = 0; turn < 1_000; turn++) {
        if (turn === 500) {
          const { error } = await call("fail", { manner: "error", ...failure }, { contentType: "application/json" });
          expect(error).toMatchObject(failure);
        }
        const text = String(turn);
        const { reply } = await call("look", {}, { metadata: { turn: text }, contentType: "application/json" });
        expect(reply?.headers.turn).toBe(text);
        remotes.add(reply?.headers.remote ?? "");
      }
      // Go's client closes its connection after an error; ours goes on with it.
      expect(remotes.size).toBeLessThanOrEqual(direction === "ts → go" ? 1 : 2);
    },
  );

  it("of go larger than 4 MiB are refused by ours with 413, and go on after that", async () => {
    const call = mucpCallerFor("go → ts", fleet);
    const contentType = "application/proto-rpc";
    expect((await call("echo", { blob: kibibytes(4_200) }, { contentType })).error).toMatchObject({ code: 413 });
    expect((await call("fill", { bytes: 4_200n * 1024n }, { contentType })).error).toMatchObject({ code: 413 });
    expect(await call("nothing", {}, { contentType })).toEqual({ reply: {} });
  });

  it("of ours larger than 4 MiB are refused at home with 413, and replies of go too", async () => {
    const call = mucpCallerFor("ts → go", fleet);
    expect((await call("echo", { blob: kibibytes(4_200) })).error).toMatchObject({ code: 413 });
    expect((await call("fill", { bytes: 4_200n * 1024n })).error).toMatchObject({ code: 413 });
    expect(await call("nothing", {})).toEqual({ reply: {} });
  });

  it("of go are tried twice for 500 and 408, by go's rule, and once by ours", async () => {
    for (const [direction, retried] of [
      ["go → ts", 2],
      ["ts → go", 1],
    ] as const) {
      const call = mucpCallerFor(direction, fleet);
      for (const [code, calls] of [
        [500, retried],
        [408, retried],
        [503, 1],
        [400, 1],
      ] as const) {
        const key = `mucp ${direction} ${code}`;
        await call("fail", { key, manner: "error", id: "x", code }, { contentType: "application/json" });
        expect((await call("recall", { key })).reply, key).toMatchObject({ calls });
      }
    }
  });

  it("give the text of what is thrown that is no error of the framework's", async () => {
    const failing = { manner: "plain", detail: "naïve <>&%" };
    const settings = { contentType: "application/json" };
    expect((await mucpCallerFor("go → ts", fleet)("fail", failing, settings)).error).toMatchObject({
      id: fleet.ourName,
      code: 500,
      detail: failing.detail,
    });
    expect((await mucpCallerFor("ts → go", fleet)("fail", failing, settings)).error).toMatchObject({
      id: "go.micro.client",
      code: 500,
      detail: failing.detail,
    });
    const late = { manner: "plain", detail: "context deadline exceeded" };
    expect((await mucpCallerFor("ts → go", fleet)("fail", late, settings)).error).toMatchObject({ code: 408 });
    // Go answers nothing at all when a handler panics.
    const panicking = { manner: "panic", detail: "oh" };
    expect((await mucpCallerFor("go → ts", fleet)("fail", panicking, settings)).error).toMatchObject({ code: 500 });
    expect(
      (await mucpCallerFor("ts → go", fleet)("fail", panicking, { ...settings, timeoutMs: 500 })).error,
    ).toMatchObject({ code: 408 });
  });

  it.each(["Nope.Echo", "Peer.Nope"])("to %s, which is not there, fail with 404 both ways", async (endpoint) => {
    const contentType = "application/json";
    const { text = "" } = await fleet.go.call({ service: fleet.ourName, endpoint, contentType });
    expect(JSON.parse(text)).toMatchObject({ code: 404, detail: expect.stringContaining(endpoint) });
    const { text: gos } = await fleet.go.call({ service: fleet.goName, endpoint, contentType });
    expect(gos).toBe(`rpc: can't find ${endpoint === "Nope.Echo" ? "service" : "method"} Nope`);
    for (const type of ["application/json", "application/grpc+proto"]) {
      const call = fleet.ours.rawClient.prepare({ service: fleet.goName, endpoint, contentType: type, raw: true });
      await expect(call(new Uint8Array(0))).rejects.toMatchObject({ code: 404, detail: gos });
    }
  });

  it.each(["Peer", "Peer.Echo.More"])("to %s, which is no endpoint, fail alike", async (endpoint) => {
    const order = { endpoint, contentType: "application/json" };
    const { text = "" } = await fleet.go.call({ service: fleet.ourName, ...order });
    const { text: gos } = await fleet.go.call({ service: fleet.goName, ...order });
    expect(gos).toBe(`rpc: service/endpoint request ill-formed: ${endpoint}`);
    expect(JSON.parse(text)).toMatchObject({ code: 400, detail: gos });
  });

  it("with a JSON field that nobody knows are an error of go's handler, and ours reads over it", async () => {
    const ours = fleet.ours.rawClient.prepare<Uint8Array, Uint8Array>({
      service: fleet.goName,
      endpoint: "Peer.Echo",
      contentType: "application/json",
      raw: true,
    });
    await expect(ours(Buffer.from('{"nope":1}'))).rejects.toMatchObject({
      code: 500,
      detail: expect.stringContaining('unknown field "nope"'),
    });
    const raw = { endpoint: "Peer.Echo", contentType: "application/json", raw: '{"text":"a","nope":1}' };
    const answer = await fleet.go.call({ service: fleet.ourName, ...raw });
    expect(answer).toMatchObject({ reply: { text: "a" } });
  });

  it("of ours whose types are left as they are lose what go loses, and no more", async () => {
    const protocols = [mucpProtocol({ wireTypes: () => undefined })];
    await using selector = registrySelector({ registry: fleet.ours.registry });
    await using rawClient = createClient({ selector, protocols });
    const call = oursCalls({ ...fleet.ours, rawClient }, fleet.goName);
    for (const contentType of mucpTypes) {
      // Under this one go reads 64-bit integers and enums as numbers alone, which they are not in the JSON of gRPC.
      const sample =
        contentType === "application/grpc+json" ? { ...everyField, big: 0n, huge: 0n, kind: 0 } : everyField;
      const reply = Sample.decode(Sample.encode(sample));
      expect(await call("echo", sample, { contentType }), contentType).toEqual({ reply });
      expect(await call("nothing", {}, { contentType }), contentType).toEqual({ reply: {} });
      const { error } = await call("fail", { manner: "error", ...failure }, { contentType, timeoutMs: 500 });
      expect(error, contentType).toMatchObject(contentType === "application/protobuf" ? { code: 408 } : failure);
    }
  });

  it("of ours to a go node that is gone fail before their time is over", async () => {
    const address = "127.0.0.1:1";
    const nowhere = fleet.ours.rawClient.prepare({ service: fleet.goName, endpoint: "Peer.Nothing" });
    await expect(nowhere({}, { address })).rejects.toBeInstanceOf(MicroError);
  });
});
