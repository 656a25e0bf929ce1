import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directions } from "./directions.ts";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { goLeads, leaderFor, recallerFor } from "./stream-directions.ts";
import { goodEnd, kibibytes, numbersOf, standstill, upTo } from "./stream-parts.ts";

// "context deadline exceeded" of the caller or, when its clock strikes first, the 408 of our server.
const timeIsOver = "deadline exceeded";
const available = await requireGo();
const registries = await availableRegistries();
const failure = { id: "interop.raised", code: 409, detail: 'naïve ✓ <>&%41 "quoted"' };
const tooLarge = / larger than max |more than the 4194304 /;
const raised = { ...failure, status: "Conflict" };

// What registry tells of the nodes makes no difference here.
describe.skipIf(!available).each(registries.slice(0, 1))(
  "limits and ends of streams between nodes found over %s",
  (registry) => {
    let fleet: Fleet;
    beforeAll(async () => {
      fleet = await startFleet(registry);
    });
    afterAll(() => fleet?.close());

    describe.each(directions)("%s", (direction) => {
      const lead: ReturnType<typeof leaderFor> = (...order) => leaderFor(direction, fleet)(...order);
      const recall: ReturnType<typeof recallerFor> = (key) => recallerFor(direction, fleet)(key);

      it("fail with the handler's error after the messages before it, in each kind of stream", async () => {
        const ending = { manner: "error", ...failure };
        const counted = await lead("count", [{ do: "send", body: { parts: 3, ending } }, { do: "drain" }]);
        expect(numbersOf(counted.received)).toEqual([1, 2, 3]);
        expect(counted).toMatchObject({ ended: false, error: raised });

        const chatted = await lead("chat", [
          { do: "send", body: { number: 1 } },
          { do: "receive" },
          { do: "send", body: { number: 2, ending } },
          { do: "drain" },
        ]);
        expect(numbersOf(chatted.received)).toEqual([1, 2]);
        expect(chatted).toMatchObject({ ended: false, error: raised });

        const gathered = await lead("gather", [{ do: "send", body: { number: 1, ending } }, { do: "drain" }]);
        expect(gathered).toMatchObject({ received: [], ended: false, error: raised });
      });

      it("fail with the text of an error that is none of the framework's", async () => {
        const order = { parts: 1, ending: { manner: "plain", detail: "naïve <>&%" } };
        const { received, error, text } = await lead("count", [{ do: "send", body: order }, { do: "drain" }]);
        expect(numbersOf(received)).toEqual([1]);
        expect(text).toContain("naïve ");
        // A go program is left with the status alone where go answers.
        const from = direction === "ts → go" ? "go.micro.client" : fleet.ourName;
        const expected = { id: from, code: 500, detail: "naïve <>&%" };
        if (direction === "go → go") expect(error).toBeUndefined();
        else expect(error).toMatchObject(expected);
      });

      it("carry messages of 3.9 MiB both ways", async () => {
        const blob = kibibytes(3_990);
        const { received, ...rest } = await lead("chat", [
          { do: "send", body: { number: 1, blob } },
          { do: "receive" },
          { do: "send", body: { number: 2, blob, ending: { manner: "well" } } },
          { do: "drain" },
        ]);
        expect(rest).toMatchObject(goodEnd);
        expect(numbersOf(received)).toEqual([1, 2, 2]);
        for (const part of received.slice(0, 2)) expect(Buffer.compare(part.blob, blob)).toBe(0);
      });

      it("fail with a message of 4.1 MiB after those before it, and say why", async () => {
        const tooMuch = await lead("chat", [
          { do: "send", body: { number: 1 } },
          { do: "receive" },
          { do: "send", body: { blob: kibibytes(4_200) } },
          { do: "drain" },
        ]);
        expect(numbersOf(tooMuch.received)).toEqual([1]);
        expect(tooMuch).toMatchObject({ ended: false, text: expect.stringMatching(tooLarge) });
        const order = { parts: 1, bytes: 4_200n * 1024n };
        const { received, ended, text } = await lead("count", [{ do: "send", body: order }, { do: "drain" }]);
        expect(received).toEqual([]);
        expect(ended).toBe(false);
        expect(text).toMatch(tooLarge);
      });

      it.each(["close", "cancel"] as const)("that the caller leaves early by %s end for the handler", async (leave) => {
        // One that would send for long, and one that waits for nothing but the end.
        for (const order of [
          { parts: 1_000_000, pauseMs: 1n },
          { parts: 3, ending: { manner: "hold" } },
        ]) {
          const key = uniqueName(leave);
          const { received } = await lead("count", [
            { do: "send", body: { ...order, key } },
            { do: "receive", count: 3 },
            { do: leave },
          ]);
          expect(numbersOf(received)).toEqual([1, 2, 3]);
          await eventually(async () => expect(await recall(key)).toMatchObject({ begun: 1, ended: 0, givenUp: 1 }));
        }
      });

      it("end for a handler that waits for a caller who has cancelled", async () => {
        for (const method of ["chat", "gather"] as const) {
          const key = uniqueName("waits");
          const giveUp = new AbortController();
          const leading = lead(
            method,
            [
              { do: "send", body: { key } },
              { do: "receive", count: 2 },
            ],
            {
              signal: giveUp.signal,
            },
          ).catch(() => undefined); // a go program's outcome is lost
          await eventually(async () => expect(await recall(key)).toMatchObject({ received: 1 }));
          giveUp.abort();
          await leading;
          await eventually(async () => expect(await recall(key), method).toMatchObject({ ended: 0, givenUp: 1 }));
        }
      });

      it("end on both sides when the time is over", async () => {
        const key = uniqueName("time");
        const order = { key, parts: 2, ending: { manner: "hold" } };
        const { received, ended, error, text } = await lead("count", [{ do: "send", body: order }, { do: "drain" }], {
          timeoutMs: 500,
        });
        expect(numbersOf(received)).toEqual([1, 2]);
        expect(ended).toBe(false);
        expect(text).toContain(timeIsOver);
        if (direction === "ts → go") expect(error).toMatchObject({ id: "go.micro.client", code: 408 });
        await eventually(async () => expect(await recall(key)).toMatchObject({ begun: 1, ended: 0, givenUp: 1 }));
      });

      it("wait for a caller that does not read, and go on when it does", async () => {
        const key = uniqueName("slow");
        const order = { key, parts: 400, bytes: 16n * 1024n };
        const stood = standstill(async () => (await recall(key)).sent);
        const steps = [
          { do: "send", body: order },
          { do: "receive" },
          { do: "rest", until: stood },
          { do: "drain" },
        ] as const;
        const [sent, { received, ...rest }] = await Promise.all([stood, lead("count", steps)]);
        expect(sent).toBeLessThan(400);
        expect(rest).toMatchObject(goodEnd);
        expect(numbersOf(received)).toEqual(upTo(400));
        expect(await recall(key)).toMatchObject({ sent: 400, ended: 1, givenUp: 0 });
      });

      it("end for a handler that waits for a caller that does not read, when that leaves", async () => {
        const key = uniqueName("left");
        const order = { key, parts: 400, bytes: 16n * 1024n };
        await lead("count", [{ do: "send", body: order }, { do: "receive" }, { do: "close" }]);
        await eventually(async () => expect(await recall(key)).toMatchObject({ ended: 0, givenUp: 1 }));
        expect((await recall(key)).sent).toBeLessThan(400);
      });

      it("make a caller wait whose handler does not read", async () => {
        const { sent, received, text } = await lead(
          "gather",
          [
            { do: "send", body: { number: 1, pauseMs: 60_000n } },
            { do: "send", body: { number: 2, blob: kibibytes(16) }, count: 400 },
            { do: "drain" },
          ],
          { timeoutMs: 1_000 },
        );
        expect(received).toEqual([]);
        expect(text).toContain(timeIsOver);
        expect(sent).toBeGreaterThan(1);
        expect(sent).toBeLessThan(400);
      });

      it("carry all to a handler that takes its time", async () => {
        const { received, ...rest } = await lead("gather", [
          { do: "send", body: { number: 1, pauseMs: 500n, blob: kibibytes(16) } },
          { do: "send", body: { number: 2, blob: kibibytes(16) }, count: 398 },
          { do: "send", body: { number: 400, ending: { manner: "well" } } },
          { do: "drain" },
        ]);
        expect(rest).toMatchObject(goodEnd);
        expect(received).toEqual([{ parts: 400, bytes: 399n * 16n * 1024n, numbers: upTo(400) }]);
      });
    });

    it("stop our handler at the time that go sends in a header", async () => {
      const key = uniqueName("header");
      const lead = goLeads(fleet.go, fleet.ourName, { streamTimeoutMs: 400 });
      const order = { key, parts: 1, ending: { manner: "hold" } };
      const { received, ended } = await lead("count", [{ do: "send", body: order }, { do: "drain" }]);
      expect(numbersOf(received)).toEqual([1]);
      expect(ended).toBe(false);
      expect(await recallerFor("go → ts", fleet)(key)).toMatchObject({ ended: 0, givenUp: 1 });
    });

    it("to an endpoint that is not there fail in go's words, and with 404 for ours", async () => {
      const ask = (service: string) =>
        fleet.go.stream({ service, endpoint: "Streams.Nope", steps: [{ do: "send", body: {} }, { do: "drain" }] });
      const [ours, gos] = [await ask(fleet.ourName), await ask(fleet.goName)];
      expect({ code: ours.code, text: ours.text }).toEqual({ code: gos.code, text: gos.text });
      const nope = fleet.ours.rawClient.prepareStream({ service: fleet.goName, endpoint: "Streams.Nope" });
      const reading = (async () => {
        for await (const _ of nope(one({}))) expect.unreachable();
      })();
      await expect(reading).rejects.toMatchObject({ code: 404 });
    });
  },
);

async function* one<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}
