import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerFor, directions } from "./directions.ts";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { ofConnection } from "./headers.ts";

const available = await requireGo();
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const harmless: readonly (readonly [string, string])[] = [
  ["Host", "example.com"],
  ["Te", "gzip"],
  ["Http2-Settings", "AAMAAABk"],
  ["Accept-Encoding", "gzip"],
  ["Expect", "100-continue"],
  ["Cookie", "a=b"],
  ["Method", "GET"],
];

describe.skipIf(!available).each(await availableRegistries())("what goes with a call found over %s", (registry) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    it("carries metadata", async () => {
      const given = {
        "X-Plain": "a b",
        "x-lower": "1",
        traceId: "t",
        X_Under: "u",
        "X-Dot.Ted": "d",
        "x-empty": "",
        "x-list": "a, b",
        Authorization: "Bearer abc",
      };
      const { reply } = await callerFor(direction, fleet)("look", {}, { metadata: given });
      const lowered = Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]);
      expect(reply?.headers).toMatchObject(Object.fromEntries(lowered));
    });

    it("tells the handler the caller's service, address and content type", async () => {
      const { reply } = await callerFor(direction, fleet)("look", {});
      expect(reply?.headers).toMatchObject({
        "micro-from-service": direction === "ts → go" ? fleet.ourName : expect.stringMatching(/^interop\.go/),
        remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        "content-type": expect.stringMatching(/^application\/grpc(\+proto)?$/),
        "user-agent": expect.stringMatching(/^(grpc-go|micro-ts)/),
      });
    });

    it("hides from the handler what only the framework reads", async () => {
      const { reply } = await callerFor(direction, fleet)("look", {});
      for (const key of ["timeout", "x-content-type", "grpc-timeout", "te"]) {
        expect(reply?.headers).not.toHaveProperty([key]);
      }
    });

    it("tells the handler the deadline", async () => {
      const call = callerFor(direction, fleet);
      const left = async (timeoutMs?: number): Promise<number> =>
        Number((await call("look", {}, timeoutMs ? { timeoutMs } : {})).reply?.leftMs);
      for (const [timeoutMs, asked] of [
        [5_000, undefined],
        [60_000, 60_000],
      ] as const) {
        const ms = await left(asked);
        expect(ms).toBeLessThanOrEqual(timeoutMs);
        expect(ms).toBeGreaterThan(timeoutMs - 2_000);
      }
    });

    it("gives up with 408 when the time is over, and tells the handler", async () => {
      const call = callerFor(direction, fleet);
      const key = `gives up ${direction}`;
      // Had the caller waited for the handler, it would have had an answer.
      const { error } = await call("wait", { key, ms: 30_000n }, { timeoutMs: 300 });
      // The server's own clock may be the first to be heard: both count the same milliseconds.
      expect(error).toMatchObject({ code: 408 });
      expect(error?.detail).toContain("deadline exceeded");
      await eventually(async () =>
        expect((await call("recall", { key })).reply).toMatchObject({ calls: 1, finished: 0, givenUp: 1 }),
      );
    });
  });

  it("takes a deadline that go has from elsewhere", async () => {
    const order = { service: fleet.ourName, endpoint: "Peer.Wait", body: { key: "context", ms: 30_000 } };
    expect((await fleet.go.call({ ...order, deadlineMs: 300 })).error).toMatchObject({ code: 408 });
    const call = callerFor("go → ts", fleet);
    await eventually(async () =>
      expect((await call("recall", { key: "context" })).reply).toMatchObject({ givenUp: 1 }),
    );
  });

  it("lets a call to go made while answering go inherit what is left, the caller's headers and the trace", async () => {
    const { reply } = await callerFor("go → ts", fleet)(
      "relay",
      { service: fleet.goName, pauseMs: 500n },
      { timeoutMs: 3_000, metadata: { "X-Mine": "1", "Micro-Trace-Id": "trace", "Micro-Span-Id": "span" } },
    );
    expect(Number(reply?.leftMs)).toBeLessThanOrEqual(2_500);
    expect(Number(reply?.leftMs)).toBeGreaterThan(500);
    expect(reply?.node).toMatch(/^go-/);
    expect(reply?.headers).toMatchObject({
      "x-mine": "1",
      "micro-from-service": fleet.ourName,
      "micro-trace-id": "trace",
      "micro-span-id": expect.stringMatching(uuid),
    });
  });

  it("understands a call that go makes while answering ours", async () => {
    const { reply } = await callerFor("ts → go", fleet)(
      "relay",
      { service: fleet.ourName, pauseMs: 500n },
      { timeoutMs: 3_000, metadata: { "x-mine": "1", "micro-trace-id": "trace", "micro-span-id": "span" } },
    );
    expect(Number(reply?.leftMs)).toBeLessThanOrEqual(2_500);
    expect(reply?.node).toMatch(/^ts-/);
    // Go keeps the name of the first caller, since it finds one there.
    expect(reply?.headers).toMatchObject({ "x-mine": "1", "micro-from-service": fleet.ourName });
    // Between its handler and its client go may lose one spelling of the name to the other.
    expect(reply?.headers["micro-trace-id"]).toMatch(/^trace$|^[0-9a-f-]{36}$/);
  });

  it("reads text beyond ASCII from go, and hands it on percent-encoded", async () => {
    const metadata = { "X-Text": "naïve ✓" };
    const call = callerFor("go → ts", fleet);
    expect((await call("look", {}, { metadata })).reply?.headers["x-text"]).toBe("naïve ✓");
    const { reply } = await call("relay", { service: fleet.goName }, { metadata });
    expect(decodeURIComponent(reply?.headers["x-text"] ?? "")).toBe("naïve ✓");
  });

  it("shows a binary header of go as base64, and hands it on as go meant it", async () => {
    const metadata = { "Token-Bin": "\u0001ab" };
    const call = callerFor("go → ts", fleet);
    const seen = (await call("look", {}, { metadata })).reply?.headers["token-bin"] ?? "";
    expect(Buffer.from(seen, "base64").toString()).toBe("\u0001ab");
    expect((await call("relay", { service: fleet.goName }, { metadata })).reply?.headers["token-bin"]).toBe("\u0001ab");
  });

  it("keeps to itself the headers that belong to a connection", async () => {
    const metadata = Object.fromEntries([...ofConnection, ...harmless]);
    const { reply } = await callerFor("ts → go", fleet)("look", {}, { metadata });
    for (const [key] of [...ofConnection, ["Host", ""]])
      expect(reply?.headers).not.toHaveProperty([key?.toLowerCase()]);
  });

  it.each([...ofConnection, ...harmless])(
    "takes the header %s: %s, which go forwards from HTTP",
    async (key, value) => {
      const outcome = await callerFor("go → ts", fleet)("look", {}, { metadata: { [key]: value } });
      expect(outcome.error).toBeUndefined();
    },
  );
});
