import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directions } from "./directions.ts";
import { eventually } from "./eventually.ts";
import { availableRegistries, uniqueName } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { mucpTypes } from "./mucp-directions.ts";
import { type MucpFleet, startMucpFleet } from "./mucp-fleet.ts";
import { everyField } from "./samples.ts";
import { Sample } from "./src/gen/peer.ts";
import { type Leader, leaderFor, recallerFor } from "./stream-directions.ts";
import type { StreamStep } from "./stream-orders.ts";
import { goodEnd, kibibytes, numbersOf, standstill, upTo } from "./stream-parts.ts";

const available = await requireGo();
const registries = await availableRegistries();
const failure = { id: "interop.raised", code: 409, detail: 'naïve ✓ <>&%41 "quoted"' };
const raised = { ...failure, status: "Conflict" };

// go-micro's server writes each message of a stream into one buffer and hands it on unsent: two messages without a pause
// between them are one message twice, and the end of a stream empties the one before it. Among Go programs it is the
// same, so every stream that a Go server answers here takes its time.
const pauseMs = 20n;

// In what envelope a content type travels decides what of a stream go's server can tell.
const losesEnds = "application/protobuf";

describe.skipIf(!available).each(registries.slice(0, 1))("streams by mucp, found over %s", (registry) => {
  let fleet: MucpFleet;
  beforeAll(async () => {
    fleet = await startMucpFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    const recall: ReturnType<typeof recallerFor> = (key) => recallerFor(direction, fleet)(key);

    /**
     * Under gRPC's content types go takes what opens a stream for its first message, as a program must know that opens
     * one; ours does by itself.
     */
    const lead: Leader = (method, steps, settings = {}) => {
      const [first, ...others] = steps;
      const opens = direction !== "ts → go" && settings.contentType?.startsWith("application/grpc");
      return opens && first?.do === "send"
        ? leaderFor(direction, fleet)(method, others, { ...settings, opening: first.body })
        : leaderFor(direction, fleet)(method, steps, settings);
    };

    it.each(mucpTypes)("carry one message there and many back, in order, as %s", async (contentType) => {
      const order = { parts: 5, bytes: 10n, pauseMs };
      // Without the end there is no knowing that all is said; the caller leaves when it has what it wants.
      const told = direction !== "go → go" || contentType !== losesEnds;
      const rest: StreamStep = told ? { do: "drain" } : { do: "receive", count: 5 };
      const outcome = await lead("count", [{ do: "send", body: order }, rest], { contentType });
      expect(outcome).toMatchObject({ ...goodEnd, ended: told });
      expect(numbersOf(outcome.received)).toEqual(upTo(5));
      expect(outcome.received.every(({ blob }) => blob.length === 10)).toBe(true);
    });

    it.each(mucpTypes)("carry many messages there and one back, as %s", async (contentType) => {
      const outcome = await lead(
        "gather",
        [
          { do: "send", body: { number: 1, blob: new Uint8Array(10) } },
          { do: "send", body: { number: 2, blob: new Uint8Array(10) }, count: 48 },
          { do: "send", body: { number: 50, pauseMs, ending: { manner: "well" } } },
          { do: "receive" },
        ],
        { contentType },
      );
      expect(outcome.received).toEqual([{ parts: 50, bytes: 490n, numbers: upTo(50) }]);
    });

    it.each(mucpTypes)("carry messages in turn, with every kind of field, as %s", async (contentType) => {
      const { received, text } = await lead(
        "chat",
        [
          { do: "send", body: { number: 1, pauseMs, sample: everyField } },
          { do: "receive" },
          { do: "send", body: { number: 2, pauseMs, sample: {} } },
          { do: "receive" },
          { do: "send", body: { number: 3, pauseMs, ending: { manner: "well" } } },
          { do: "receive", count: 2 },
        ],
        { contentType },
      );
      expect(text).toBe("");
      const whole = (sample: Parameters<typeof Sample.encode>[0]) => Sample.decode(Sample.encode(sample));
      expect(numbersOf(received)).toEqual([1, 2, 3, 3]);
      expect(received.map(({ sample }) => sample)).toEqual([whole(everyField), whole({}), undefined, undefined]);
    });

    it("end well when the handler ends them", async () => {
      const outcome = await lead(
        "chat",
        [{ do: "send", body: { number: 1, pauseMs, ending: { manner: "well" } } }, { do: "drain" }],
        { contentType: "application/json" },
      );
      expect(outcome).toMatchObject(goodEnd);
      expect(numbersOf(outcome.received)).toEqual([1, 1]);
    });

    it.each(mucpTypes)("fail with the handler's error after the messages before it, as %s", async (contentType) => {
      if (direction === "go → go" && contentType === losesEnds) return;
      const ending = { manner: "error", ...failure };
      const counted = await lead("count", [{ do: "send", body: { parts: 3, pauseMs, ending } }, { do: "drain" }], {
        contentType,
      });
      expect(numbersOf(counted.received)).toEqual([1, 2, 3]);
      expect(counted).toMatchObject({ ended: false, error: raised });
    });

    it("fail in the middle when they go both ways, and when the caller alone sends", async () => {
      const contentType = "application/json";
      const ending = { manner: "error", ...failure };
      const chatted = await lead(
        "chat",
        [
          { do: "send", body: { number: 1, pauseMs } },
          { do: "receive" },
          { do: "send", body: { number: 2, pauseMs, ending } },
          { do: "drain" },
        ],
        { contentType },
      );
      expect(numbersOf(chatted.received)).toEqual([1, 2]);
      expect(chatted).toMatchObject({ ended: false, error: raised });
      const gathered = await lead("gather", [{ do: "send", body: { pauseMs, ending } }, { do: "drain" }], {
        contentType,
      });
      expect(gathered).toMatchObject({ received: [], ended: false, error: raised });
    });

    it("carry messages of 3.9 MiB both ways", async () => {
      const blob = kibibytes(3_990);
      const { received } = await lead("chat", [{ do: "send", body: { blob } }, { do: "receive" }], {
        contentType: "application/proto-rpc",
      });
      expect(Buffer.compare(received[0]?.blob ?? Buffer.alloc(0), blob)).toBe(0);
    });

    it("tell the handler the metadata", async () => {
      const given = { "X-Plain": "a b", traceId: "t", Authorization: "Bearer abc" };
      const { received } = await lead("show", [{ do: "send", body: {} }, { do: "receive" }], {
        metadata: given,
        contentType: "application/json",
      });
      expect(received[0]?.headers).toMatchObject({
        "x-plain": "a b",
        traceid: "t",
        authorization: "Bearer abc",
        "content-type": "application/json",
        "micro-endpoint": "Streams.Show",
        "micro-stream": expect.stringMatching(/^\d+$/),
        remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      });
      expect(received[0]?.leftMs).toBe(-1n);
    });

    // A handler that waits for a message hears of its caller's end; one that sends is not told by go's server.
    it.each(["close", "cancel"] as const)(
      "that the caller leaves by %s end for a handler that reads",
      async (leave) => {
        const key = uniqueName(leave);
        const steps = [
          { do: "send", body: { key, pauseMs } },
          { do: "receive" },
          // Go's client looks at its context only before the stream.
          ...(leave === "cancel" ? [{ do: "cancel" } as const] : []),
          { do: "close" },
        ] as const;
        expect(numbersOf((await lead("chat", steps, { contentType: "application/json" })).received)).toEqual([0]);
        await eventually(async () => {
          const { received, ended, givenUp } = await recall(key);
          expect({ received, over: ended + givenUp }).toEqual({ received: 1, over: 1 });
        });
      },
    );

    it("do not mix when there are many at once", async () => {
      const outcomes = await Promise.all(
        upTo(30).map((number) =>
          lead(
            "chat",
            upTo(5).flatMap((turn) => [
              { do: "send" as const, body: { number: number * 1_000 + turn, pauseMs: 5n } },
              { do: "receive" as const },
            ]),
            { contentType: "application/json" },
          ),
        ),
      );
      for (const [index, { received }] of outcomes.entries()) {
        expect(numbersOf(received)).toEqual(upTo(5).map((turn) => (index + 1) * 1_000 + turn));
      }
    });
  });

  // Go's handler has nothing to say to a caller who has ended first, and its own client does not stay to hear it.
  it.each(mucpTypes)("that our client ends first are over when go's handler is, as %s", async (contentType) => {
    const lead = leaderFor("ts → go", fleet);
    const parts = [
      { do: "send", body: { number: 1, pauseMs } },
      { do: "receive" },
      { do: "send", body: { number: 2, pauseMs } },
      { do: "halfClose" },
      { do: "drain" },
    ] as const;
    const outcome = await lead("chat", parts, { contentType });
    expect(outcome).toMatchObject(goodEnd);
    expect(numbersOf(outcome.received)).toEqual([1, 2, 2]);
    expect(outcome.received.at(-1)?.text).toBe("bye");
    const tally = { parts: 2, bytes: 0n, numbers: [1, 2] };
    const gathered = [{ do: "send", body: { number: 1 }, count: 2 }, { do: "halfClose" }, { do: "drain" }] as const;
    expect(await lead("gather", gathered, { contentType })).toMatchObject({ ...goodEnd, received: [tally] });
  });

  it("that our client ends first, and whose go handler takes longer, lose nothing", async () => {
    const { received, ...outcome } = await leaderFor("ts → go", fleet)("chat", [
      { do: "send", body: { number: 1, pauseMs: 1_000n } },
      { do: "send", body: { number: 2, pauseMs: 500n } },
      { do: "halfClose" },
      { do: "drain" },
    ]);
    expect(outcome).toMatchObject(goodEnd);
    expect(numbersOf(received)).toEqual([1, 2, 2]);
  });

  it("without a message, ended by our client first, are over when go's handler is", async () => {
    const lead = leaderFor("ts → go", fleet);
    const none = [{ do: "halfClose" }, { do: "drain" }] as const;
    expect(numbersOf((await lead("chat", none)).received)).toEqual([0]);
    expect(await lead("gather", none)).toMatchObject({ ...goodEnd, received: [{ parts: 0, bytes: 0n, numbers: [] }] });
  });

  it("of go whose messages come without a pause arrive whole at ours", async () => {
    const { received } = await leaderFor("go → ts", fleet)(
      "gather",
      [
        { do: "send", body: { number: 1, blob: kibibytes(16) }, count: 199 },
        { do: "send", body: { number: 200, ending: { manner: "well" } } },
        { do: "receive" },
      ],
      { contentType: "application/json" },
    );
    expect(received).toEqual([{ parts: 200, bytes: 199n * 16n * 1024n, numbers: upTo(200) }]);
  });

  it("of ours without a pause arrive whole at go's client", async () => {
    const order = { parts: 200, bytes: 16n * 1024n };
    for (const contentType of ["application/json", "application/protobuf"]) {
      const outcome = await leaderFor("go → ts", fleet)("count", [{ do: "send", body: order }, { do: "drain" }], {
        contentType,
      });
      expect(outcome).toMatchObject(goodEnd);
      expect(numbersOf(outcome.received)).toEqual(upTo(200));
    }
  });

  it("stop our handler when go's caller leaves, one that sends and one that waits", async () => {
    for (const order of [
      { parts: 1_000_000, pauseMs: 1n },
      { parts: 3, ending: { manner: "hold" } },
    ]) {
      const key = uniqueName("left");
      const steps = [{ do: "send", body: { ...order, key } }, { do: "receive", count: 3 }, { do: "close" }] as const;
      const { received } = await leaderFor("go → ts", fleet)("count", steps, { contentType: "application/json" });
      expect(numbersOf(received)).toEqual([1, 2, 3]);
      await eventually(async () =>
        expect(await recallerFor("go → ts", fleet)(key)).toMatchObject({ begun: 1, ended: 0, givenUp: 1 }),
      );
    }
  });

  it("wait for a go caller that does not read, and go on when it does", async () => {
    const key = uniqueName("slow");
    const order = { key, parts: 600, bytes: 32n * 1024n };
    const stood = standstill(async () => (await recallerFor("go → ts", fleet)(key)).sent);
    const steps = [
      { do: "send", body: order },
      { do: "receive" },
      { do: "rest", until: stood },
      { do: "drain" },
    ] as const;
    const reading = leaderFor("go → ts", fleet)("count", steps, { contentType: "application/proto-rpc" });
    const [sent, { received, ended }] = await Promise.all([stood, reading]);
    expect(sent).toBeLessThan(600);
    expect(ended).toBe(true);
    expect(numbersOf(received)).toEqual(upTo(600));
  });

  it("of ours to go are over when their time is", async () => {
    const order = { parts: 1, pauseMs, ending: { manner: "hold" } };
    const key = uniqueName("time");
    const steps = [{ do: "send", body: { ...order, key } }, { do: "drain" }] as const;
    const { received, error } = await leaderFor("ts → go", fleet)("count", steps, { timeoutMs: 500 });
    expect(numbersOf(received)).toEqual([1]);
    expect(error).toMatchObject({ id: "go.micro.client", code: 408 });
    // It goes by the header with which the stream was opened.
    await eventually(async () => expect(await recallerFor("ts → go", fleet)(key)).toMatchObject({ givenUp: 1 }));
  });

  it("of go to ours are over at the time that go sends in a header, with an error", async () => {
    const key = uniqueName("header");
    const { received, ended, text } = await fleet.go.stream({
      service: fleet.ourName,
      endpoint: "Streams.Count",
      contentType: "application/json",
      streamTimeoutMs: 400,
      steps: [{ do: "send", body: { key, parts: 1, ending: { manner: "hold" } } }, { do: "drain" }],
    });
    expect(received).toHaveLength(1);
    expect({ ended, text }).toMatchObject({ ended: false, text: expect.stringMatching(/"code":/) });
    expect(await recallerFor("go → ts", fleet)(key)).toMatchObject({ ended: 0, givenUp: 1 });
  });

  it("to an endpoint that is not there fail both ways", async () => {
    const order = { endpoint: "Streams.Nope", contentType: "application/json", steps: [{ do: "drain" } as const] };
    const { error } = await fleet.go.stream({ service: fleet.ourName, ...order });
    expect(error).toMatchObject({ code: 404 });
    const { text } = await fleet.go.stream({ service: fleet.goName, ...order });
    expect(text).toBe("rpc: can't find method Nope");
    const nope = fleet.ours.rawClient.prepareStream({ service: fleet.goName, endpoint: "Streams.Nope" });
    const reading = (async () => {
      for await (const _ of nope(nothing())) expect.unreachable();
    })();
    await expect(reading).rejects.toMatchObject({ code: 404, detail: text });
  });
});

async function* nothing(): AsyncGenerator<object, void, undefined> {
  yield {};
}
