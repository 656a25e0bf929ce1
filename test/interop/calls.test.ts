import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerFor, type Direction, directions } from "./directions.ts";
import { availableRegistries, type Fleet, startFleet } from "./fleet.ts";
import { requireGo, startGoPeer } from "./go-peer.ts";
import { everyField } from "./samples.ts";
import { Sample } from "./src/gen/peer.ts";

const available = await requireGo();

const whole = Sample.decode(Sample.encode(everyField));
const blank = Sample.decode(new Uint8Array());
const mebibytes = (count: number): Uint8Array => new Uint8Array(count * 1024 * 1024).fill(7);
const tooLong = mebibytes(4.1);

describe.skipIf(!available).each(await availableRegistries())("unary calls found over %s", (registry) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    it.each([
      "application/grpc+proto",
      "application/protobuf",
      "application/grpc",
      "application/octet-stream",
      "application/json",
      "application/grpc+json",
    ])("carries every kind of field as %s", async (contentType) => {
      expect(await callerFor(direction, fleet)("echo", everyField, { contentType })).toEqual({ reply: whole });
    });

    it.each(["application/grpc+proto", "application/json"])("carries empty messages as %s", async (contentType) => {
      const call = callerFor(direction, fleet);
      expect(await call("echo", {}, { contentType })).toEqual({ reply: blank });
      expect(await call("nothing", {}, { contentType })).toEqual({ reply: {} });
    });

    it("carries 3.9 MiB both ways", async () => {
      const { reply } = await callerFor(direction, fleet)("echo", { blob: mebibytes(3.9) });
      expect(Buffer.compare(reply?.blob ?? Buffer.alloc(0), mebibytes(3.9))).toBe(0);
    });

    it("fails with 4.1 MiB to send or to answer with, and says why", async () => {
      const call = callerFor(direction, fleet);
      const detail = expect.stringMatching(/ larger than max |, more than the 4194304 that may be sent$/);
      expect((await call("echo", { blob: tooLong })).error).toMatchObject({ code: tooLongToSend(direction), detail });
      const bytes = BigInt(tooLong.length);
      expect((await call("fill", { bytes })).error).toMatchObject({ code: tooLongToAnswer(direction), detail });
      expect(await call("nothing", {})).toEqual({ reply: {} });
    });
  });

  it("refuses 4.1 MiB from a go client that has no such limit", async () => {
    await using wide = await startGoPeer({ name: "interop.wide", args: fleet.args, env: { PEER_LIMIT: "67108864" } });
    const blob = Buffer.from(tooLong).toString("base64");
    const { error, attempts } = await wide.call({ service: fleet.ourName, endpoint: "Peer.Echo", body: { blob } });
    expect(error).toMatchObject({ code: 413, detail: expect.stringMatching(/^received a message of \d+ bytes/) });
    expect(attempts).toHaveLength(1);
  });

  it("reads over an unknown JSON field that go sends, and go refuses one of ours", async () => {
    const order = { endpoint: "Peer.Echo", contentType: "application/json" };
    const { reply, attempts } = await fleet.go.call({ ...order, service: fleet.ourName, raw: '{"text":"a","nope":1}' });
    expect(reply).toEqual({ text: "a" });
    expect(attempts).toHaveLength(1);
    const call = fleet.ours.rawClient.prepare<Uint8Array, Uint8Array>({ ...order, service: fleet.goName, raw: true });
    const detail = expect.stringContaining('unknown field "nope"');
    await expect(call(Buffer.from('{"text":"a","nope":1}'))).rejects.toMatchObject({ detail });
  });

  it.each([
    ["null", "{}"],
    ["{}", "{}"],
    [
      '{"big":"12","huge":7,"innerValue":{"longName":"a"},"kind":"SOME"}',
      '{"big":"12","kind":"SOME","innerValue":{"longName":"a"},"huge":"7"}',
    ],
    [
      '{"big":12,"inner_value":{"long_name":"a"},"kind":1}',
      '{"big":"12","kind":"SOME","inner_value":{"long_name":"a"}}',
    ],
  ])("answers the JSON body %s from go as go itself does", async (raw) => {
    const order = { endpoint: "Peer.Echo", contentType: "application/json", raw };
    const [ours, gos] = [
      await fleet.go.call({ ...order, service: fleet.ourName }),
      await fleet.go.call({ ...order, service: fleet.goName }),
    ];
    expect(gos.error).toBeUndefined();
    expect(ours.reply).toEqual(gos.reply);
  });

  it.each(["Nope.Echo", "Peer.Nope"])("says in go's words that there is no %s", async (endpoint) => {
    const [ours, gos] = [
      await fleet.go.call({ service: fleet.ourName, endpoint }),
      await fleet.go.call({ service: fleet.goName, endpoint }),
    ];
    expect(ours.error).toEqual(gos.error);
    expect(ours.error?.detail).toBe(`unknown service ${endpoint === "Nope.Echo" ? "Nope" : endpoint}`);
  });

  it.each(["Nope.Echo", "Peer.Nope"])("turns go's answer that there is no %s into 404", async (endpoint) => {
    await expect(fleet.ours.rawClient.prepare({ service: fleet.goName, endpoint })({})).rejects.toMatchObject({
      id: "go.micro.client",
      code: 404,
      detail: expect.stringContaining(`endpoint ${endpoint} not found at service ${fleet.goName}`),
    });
  });

  it.each([
    ["/Peer/Nothing", 0],
    ["/x.Peer/Nothing", 0],
    ["/interop.Peer/Nothing", 0],
    ["/a.b.c.Peer/Nothing", 0],
    ["/peer/Nothing", 12],
    ["/Nope/Nothing", 12],
    ["/a.Peer/Nope", 12],
    ["/a.Peer/Sub/Nothing", 3],
    ["/Peer/", 3],
    ["//Nothing", 3],
  ])("answers the path %s with status %i, as go does", async (path, code) => {
    const ours = await fleet.go.bare(fleet.ourAddress, path);
    expect(ours).toEqual(await fleet.go.bare(fleet.go.address, path));
    expect(ours.code).toBe(code);
  });

  it("asks go's debug handler for its health", async () => {
    const health = fleet.ours.rawClient.prepare({ service: fleet.goName, endpoint: "Debug.Health" });
    expect(await health({})).toEqual({ status: "ok" });
  });
});

// A go client makes 500 of its own refusals and of every status that carries no go-micro error.
function tooLongToSend(direction: Direction): number {
  return direction === "ts → go" ? 413 : 500;
}

function tooLongToAnswer(direction: Direction): number {
  return direction === "go → go" ? 500 : 413;
}
