import { expect } from "vitest";
import { eventually, within } from "../patience.ts";
import type { Case } from "../suite.ts";
import type { BrokerHarness } from "./harness.ts";
import { freshTopic, gate, inbox, settle, textMessage } from "./inbox.ts";

/** What is refused, and how subscriptions and brokers end. */
export const endingCases: readonly Case<BrokerHarness>[] = [
  {
    name: "refuses what cannot be published or subscribed to with 400",
    async run(harness) {
      await using broker = await harness.open();
      const topic = freshTopic();
      const refused = { name: "MicroError", code: 400 };
      await expect(broker.publish("", textMessage("a"))).rejects.toMatchObject(refused);
      const notBytes = { headers: {}, body: "text" as unknown as Uint8Array };
      await expect(broker.publish(topic, notBytes)).rejects.toMatchObject(refused);
      const notText = { headers: { count: 7 as unknown as string }, body: new Uint8Array(0) };
      await expect(broker.publish(topic, notText)).rejects.toMatchObject(refused);
      const handler = (): void => undefined;
      await expect(broker.subscribe("", handler)).rejects.toMatchObject(refused);
      await expect(broker.subscribe(topic, handler, { queue: "" })).rejects.toMatchObject(refused);
      await expect(broker.subscribe(topic, handler, { concurrency: 0 })).rejects.toMatchObject(refused);
    },
  },
  {
    name: "takes the largest body there may be, and refuses a larger one with 413",
    skip: ({ maxMessageBytes }) => (maxMessageBytes === undefined ? "bodies have no limit" : undefined),
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const most = harness.maxMessageBytes ?? 0;
      const box = await inbox(there, harness, topic);
      await settle(harness);
      await here.publish(topic, { headers: {}, body: new Uint8Array(most).fill(7) });
      await box.until(1);
      expect(box.events[0]?.message.body).toHaveLength(most);
      const larger = here.publish(topic, { headers: {}, body: new Uint8Array(most + 1) });
      await expect(larger).rejects.toMatchObject({ name: "MicroError", code: 413 });
    },
  },
  {
    name: "publishes nothing when the signal was aborted before",
    async run(harness) {
      await using here = await harness.open();
      const topic = freshTopic();
      const box = await inbox(here, harness, topic);
      await settle(harness);
      const cancelled = here.publish(topic, textMessage("never"), { signal: AbortSignal.abort() });
      await expect(cancelled).rejects.toMatchObject({ name: "MicroError", code: 499 });
      await here.publish(topic, textMessage("a"));
      await box.until(1);
      expect(box.texts).toEqual(["a"]);
    },
  },
  {
    name: "delivers nothing to a subscription that has ended, and goes on with others",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const leaving = await inbox(there, harness, topic);
      const staying = await inbox(there, harness, topic);
      await settle(harness);
      await here.publish(topic, textMessage("a"));
      await leaving.until(1);
      await leaving.subscription.unsubscribe();
      await leaving.subscription.unsubscribe();
      await here.publish(topic, textMessage("b"));
      await staying.until(2);
      expect(leaving.texts).toEqual(["a"]);
    },
  },
  {
    name: "waits for a handler that has begun before a subscription has ended",
    async run(harness) {
      await using here = await harness.open();
      const topic = freshTopic();
      const hold = gate();
      let done = false;
      const box = await inbox(here, harness, topic, {}, async () => {
        await hold.passed;
        done = true;
      });
      await settle(harness);
      await here.publish(topic, textMessage("a"));
      await box.until(1);
      const ending = box.subscription.unsubscribe().then(() => done);
      await new Promise((resolve) => setImmediate(resolve));
      hold.open();
      expect(await within(harness, "the subscription to end", () => ending)).toBe(true);
    },
  },
  {
    name: "gives what waits for one that leaves a queue to the others",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const hold = gate();
      const leaving = await inbox(here, harness, topic, { queue: "workers" }, () => hold.passed);
      await settle(harness);
      const texts = ["a", "b", "c", "d"];
      for (const text of texts) await there.publish(topic, textMessage(text));
      await leaving.until(1);
      const staying = await inbox(there, harness, topic, { queue: "workers" });
      await settle(harness);
      const ending = leaving.subscription.unsubscribe();
      hold.open();
      await within(harness, "the subscription to end", () => ending);
      await eventually(harness, async () => {
        expect([...leaving.texts, ...staying.texts].sort()).toEqual(texts);
      });
    },
  },
  {
    name: "rejects every method with 503 when it is closed",
    async run(harness) {
      const broker = await harness.open();
      const topic = freshTopic();
      const box = await inbox(broker, harness, topic);
      await broker.close();
      const closed = { name: "MicroError", code: 503 };
      await expect(broker.publish(topic, textMessage("a"))).rejects.toMatchObject(closed);
      await expect(broker.subscribe(topic, () => undefined)).rejects.toMatchObject(closed);
      await box.subscription.unsubscribe();
    },
  },
  {
    name: "closes twice, at once and before it was used",
    async run(harness) {
      const unused = await harness.open();
      await unused.close();
      await unused.close();
      const used = await harness.open();
      await inbox(used, harness, freshTopic());
      await Promise.all([used.close(), used.close()]);
      await used[Symbol.asyncDispose]();
    },
  },
  {
    name: "waits for handlers that have begun before it is closed, and lets them publish",
    async run(harness) {
      const closing = await harness.open();
      await using there = await harness.open();
      const [topic, next] = [freshTopic(), freshTopic()];
      const hold = gate();
      const box = await inbox(closing, harness, topic, {}, async () => {
        await hold.passed;
        await closing.publish(next, textMessage("done"));
      });
      const results = await inbox(there, harness, next);
      await settle(harness);
      await there.publish(topic, textMessage("a"));
      await box.until(1);
      const closed = closing.close();
      hold.open();
      await within(harness, "the broker to close", () => closed);
      await results.until(1);
      expect(results.texts).toEqual(["done"]);
    },
  },
  {
    name: "delivers what it took over before it was closed",
    async run(harness) {
      const closing = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const box = await inbox(there, harness, topic);
      await settle(harness);
      const texts = Array.from({ length: 20 }, (_, i) => `m${i}`);
      for (const text of texts) await closing.publish(topic, textMessage(text));
      await within(harness, "the broker to close", () => closing.close());
      await box.until(texts.length);
      expect(box.texts).toEqual(texts);
    },
  },
  {
    name: "leaves other brokers on the backend alone when it is closed",
    async run(harness) {
      const closing = await harness.open();
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      await inbox(closing, harness, topic);
      const box = await inbox(there, harness, topic);
      await closing.close();
      await settle(harness);
      await here.publish(topic, textMessage("a"));
      await box.until(1);
    },
  },
];
