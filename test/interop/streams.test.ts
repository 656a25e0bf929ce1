import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directions } from "./directions.ts";
import { availableRegistries, type Fleet, startFleet } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { everyField } from "./samples.ts";
import { Sample } from "./src/gen/peer.ts";
import { goLeads, leaderFor } from "./stream-directions.ts";
import { goodEnd, numbersOf, upTo } from "./stream-parts.ts";

const available = await requireGo();
const contentTypes = ["application/grpc+proto", "application/json"];

describe.skipIf(!available).each(await availableRegistries())("streams between nodes found over %s", (registry) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    const lead: ReturnType<typeof leaderFor> = (...order) => leaderFor(direction, fleet)(...order);

    it.each(contentTypes)("carry one message there and many back, in order, as %s", async (contentType) => {
      const order = { parts: 100, bytes: 10n };
      const { received, ...rest } = await lead("count", [{ do: "send", body: order }, { do: "drain" }], {
        contentType,
      });
      expect(rest).toMatchObject(goodEnd);
      expect(numbersOf(received)).toEqual(upTo(100));
      expect(received.every(({ blob }) => blob.length === 10)).toBe(true);
    });

    it.each(contentTypes)("carry many messages there and one back, as %s", async (contentType) => {
      const { received, ...rest } = await lead(
        "gather",
        [
          { do: "send", body: { number: 1, blob: new Uint8Array(10) }, count: 99 },
          { do: "send", body: { number: 100, ending: { manner: "well" } } },
          { do: "drain" },
        ],
        { contentType },
      );
      expect(rest).toMatchObject(goodEnd);
      expect(received).toEqual([{ parts: 100, bytes: 990n, numbers: upTo(100) }]);
    });

    it.each(contentTypes)("carry messages in turn, with every kind of field, as %s", async (contentType) => {
      const { received, ...rest } = await lead(
        "chat",
        [
          { do: "send", body: { number: 1, sample: everyField } },
          { do: "receive" },
          { do: "send", body: { number: 2, sample: {} } },
          { do: "receive" },
          { do: "send", body: {} },
          { do: "receive" },
          { do: "send", body: { number: 4, ending: { manner: "well" } } },
          { do: "drain" },
        ],
        { contentType },
      );
      expect(rest).toMatchObject(goodEnd);
      expect(numbersOf(received)).toEqual([1, 2, 0, 4, 4]);
      const whole = (sample: Parameters<typeof Sample.encode>[0]) => Sample.decode(Sample.encode(sample));
      expect(received.map(({ sample }) => sample)).toEqual([
        whole(everyField),
        whole({}),
        undefined,
        undefined,
        undefined,
      ]);
      expect(received.at(-1)?.text).toBe("bye");
    });

    it("end well without a message", async () => {
      expect(await lead("count", [{ do: "send", body: {} }, { do: "drain" }])).toMatchObject({
        ...goodEnd,
        received: [],
      });
    });

    it("tell the handler the deadline, or that there is none", async () => {
      const leftMs = async (timeoutMs?: number) => {
        const settings = timeoutMs === undefined ? {} : { timeoutMs };
        const { received } = await lead("show", [{ do: "send", body: {} }, { do: "drain" }], settings);
        return Number(received[0]?.leftMs);
      };
      expect(await leftMs()).toBe(-1);
      const left = await leftMs(60_000);
      expect(left).toBeLessThanOrEqual(60_000);
      expect(left).toBeGreaterThan(50_000);
    });

    it("tell the handler the metadata, the caller and the content type", async () => {
      const given = { "X-Plain": "a b", traceId: "t", "x-list": "a, b", Authorization: "Bearer abc" };
      const { received } = await lead("show", [{ do: "send", body: {} }, { do: "drain" }], { metadata: given });
      const lowered = Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]);
      expect(received[0]?.headers).toMatchObject({
        ...Object.fromEntries(lowered),
        "micro-from-service": direction === "ts → go" ? fleet.ourName : expect.stringMatching(/^interop\.go/),
        remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        "content-type": expect.stringMatching(/^application\/grpc(\+proto)?$/),
      });
      for (const key of ["timeout", "x-content-type", "grpc-timeout", "te"]) {
        expect(received[0]?.headers).not.toHaveProperty([key]);
      }
    });

    it("do not mix when there are many at once", async () => {
      const outcomes = await Promise.all(
        upTo(40).map((number) =>
          lead("chat", [
            { do: "send", body: { number: number * 1_000 }, count: 20 },
            { do: "receive", count: 20 },
            { do: "send", body: { number: 0, ending: { manner: "well" } } },
            { do: "drain" },
          ]),
        ),
      );
      for (const [index, { received, ended }] of outcomes.entries()) {
        expect(ended).toBe(true);
        expect(numbersOf(received).slice(0, 20)).toEqual(upTo(20).map((number) => (index + 1) * 1_000 + number - 1));
      }
    });
  });

  it("half-closed by our client are ended by go's handler", async () => {
    const lead = leaderFor("ts → go", fleet);
    const parts = [{ do: "send", body: { number: 1 }, count: 3 }, { do: "halfClose" }, { do: "drain" }] as const;
    expect(await lead("gather", parts)).toMatchObject({
      ...goodEnd,
      received: [{ parts: 3, bytes: 0n, numbers: [1, 2, 3] }],
    });
    const { received, ...rest } = await lead("chat", parts);
    expect(rest).toMatchObject(goodEnd);
    expect(numbersOf(received)).toEqual([1, 2, 3, 3]);
    const none = [{ do: "halfClose" }, { do: "drain" }] as const;
    expect(await lead("gather", none)).toMatchObject({ ...goodEnd, received: [{ parts: 0, bytes: 0n, numbers: [] }] });
  });

  // go-micro's own client closes the connection with its half, so it is grpc-go that asks here.
  it("half-closed by grpc-go are ended by our handler as by go's", async () => {
    for (const [service, address] of [
      [fleet.ourName, fleet.ourAddress],
      [fleet.goName, fleet.go.address],
    ] as const) {
      const lead = goLeads(fleet.go, service, { address: [address], bare: true });
      const parts = [{ do: "send", body: { number: 1 }, count: 3 }, { do: "halfClose" }, { do: "drain" }] as const;
      expect(await lead("gather", parts)).toMatchObject({
        ...goodEnd,
        received: [{ parts: 3, bytes: 0n, numbers: [1, 2, 3] }],
      });
      expect(numbersOf((await lead("chat", parts)).received)).toEqual([1, 2, 3, 3]);
      const none = [{ do: "halfClose" }, { do: "drain" }] as const;
      expect(await lead("gather", none)).toMatchObject({
        ...goodEnd,
        received: [{ parts: 0, bytes: 0n, numbers: [] }],
      });
    }
  });
});
