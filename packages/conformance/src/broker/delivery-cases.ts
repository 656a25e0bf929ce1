import type { Broker, BrokerEvent } from "@micro/core";
import { expect } from "vitest";
import { eventually } from "../patience.ts";
import type { Case } from "../suite.ts";
import type { BrokerHarness } from "./harness.ts";
import { freshTopic, type Inbox, inbox, settle, textMessage, textOf } from "./inbox.ts";

/** What reaches whom. */
export const deliveryCases: readonly Case<BrokerHarness>[] = [
  {
    name: "delivers headers and body as they were published",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const box = await inbox(there, harness, topic);
      await settle(harness);
      const body = Uint8Array.from({ length: 1_000 }, (_, i) => i % 256);
      const headers = {
        "content-type": "application/octet-stream",
        "x-odd": 'ü <&> "\u2028',
        trace_id: "a",
        empty: "",
      };
      await here.publish(topic, { headers, body });
      await here.publish(topic, { headers: {}, body: new Uint8Array(0) });
      await box.until(2);
      const [first, second] = box.events;
      expect(first?.topic).toBe(topic);
      expect({ ...first?.message.headers }).toEqual({ ...headers, "micro-topic": topic });
      expect(Buffer.from(first?.message.body ?? []).equals(body)).toBe(true);
      expect({ ...second?.message.headers }).toEqual({ "micro-topic": topic });
      expect(second?.message.body).toHaveLength(0);
    },
  },
  {
    name: "delivers each message to every subscription without a queue",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const boxes = [
        await inbox(here, harness, topic),
        await inbox(there, harness, topic),
        await inbox(there, harness, topic),
      ];
      await settle(harness);
      for (const text of ["a", "b", "c"]) await here.publish(topic, textMessage(text));
      for (const box of boxes) {
        await box.until(3);
        expect(box.texts).toEqual(["a", "b", "c"]);
      }
    },
  },
  {
    name: "delivers each message to exactly one of a queue",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const boxes: Inbox[] = [];
      for (const broker of [here, here, there]) boxes.push(await inbox(broker, harness, topic, { queue: "workers" }));
      await settle(harness);
      const texts = await publishMany(here, topic, 40);
      await all(harness, boxes, texts.length);
      await quiet(here, harness);
      expect(textsOf(boxes).sort()).toEqual([...texts].sort());
    },
  },
  {
    name: "lets every member of a queue have a share",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const boxes = [
        await inbox(here, harness, topic, { queue: "workers" }),
        await inbox(there, harness, topic, { queue: "workers" }),
      ];
      await settle(harness);
      const texts = await publishMany(here, topic, 40);
      await all(harness, boxes, texts.length);
      expect(boxes.map((box) => box.texts.length > 0)).toEqual([true, true]);
    },
  },
  {
    name: "delivers each message once to every queue, and to whoever has none",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const first = [
        await inbox(here, harness, topic, { queue: "first" }),
        await inbox(there, harness, topic, { queue: "first" }),
      ];
      const second = [await inbox(there, harness, topic, { queue: "second" })];
      const none = [await inbox(there, harness, topic)];
      await settle(harness);
      const texts = await publishMany(here, topic, 10);
      for (const boxes of [first, second, none]) await all(harness, boxes, texts.length);
      await quiet(here, harness);
      for (const boxes of [first, second, none]) expect(textsOf(boxes).sort()).toEqual([...texts].sort());
    },
  },
  {
    name: "delivers nothing of other topics",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const others = [`${topic}x`, `${topic}.x`, topic.slice(0, -1), topic.toUpperCase()];
      const box = await inbox(there, harness, topic);
      const rest = [];
      for (const other of others) rest.push(await inbox(there, harness, other));
      await settle(harness);
      for (const other of others) await here.publish(other, textMessage(other));
      for (const [i, each] of rest.entries()) {
        await each.until(1);
        expect(each.texts).toEqual([others[i]]);
      }
      await here.publish(topic, textMessage("own"));
      await box.until(1);
      expect(box.texts).toEqual(["own"]);
    },
  },
  {
    name: "keeps the order of one publisher, whether or not it waits",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const ended: string[] = [];
      const box = await inbox(there, harness, topic, {}, async (event) => {
        await new Promise((resolve) => setImmediate(resolve));
        ended.push(textOf(event));
      });
      const last = await inbox(there, harness, topic);
      await settle(harness);
      const texts = Array.from({ length: 30 }, (_, i) => `m${i}`);
      await Promise.all(texts.map((text) => here.publish(topic, textMessage(text))));
      await box.until(texts.length);
      await last.until(texts.length);
      expect(box.texts).toEqual(texts);
      expect(last.texts).toEqual(texts);
      await box.subscription.unsubscribe();
      expect(ended).toEqual(texts);
    },
  },
  {
    name: "gives each handler a message of its own, whatever becomes of the publisher's",
    async run(harness) {
      await using here = await harness.open();
      const topic = freshTopic();
      const spoil = ({ message: { headers, body } }: BrokerEvent): void => {
        body.fill(0);
        headers["x-kept"] = "spoilt";
      };
      const boxes = [await inbox(here, harness, topic, {}, spoil), await inbox(here, harness, topic, {}, spoil)];
      await settle(harness);
      const seen = boxes.map(() => "");
      const message = { headers: { "x-kept": "yes" }, body: Buffer.from("kept") };
      await here.publish(topic, message);
      spoil({ topic, message, ack: () => undefined, nack: () => undefined });
      for (const [i, box] of boxes.entries()) {
        await box.until(1);
        seen[i] = `${box.texts[0]}`;
      }
      expect(seen).toEqual(["kept", "kept"]);
      expect(boxes.map((box) => box.headers[0]?.["x-kept"])).toEqual(["yes", "yes"]);
    },
  },
  {
    name: "takes a message to a topic that nobody subscribed to, and forgets it",
    skip: ({ takesUnheard = true }) => (takesUnheard ? undefined : "the backend refuses such messages"),
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      await here.publish(topic, textMessage("unheard"));
      const box = await inbox(there, harness, topic);
      await settle(harness);
      await here.publish(topic, textMessage("heard"));
      await box.until(1);
      expect(box.texts).toEqual(["heard"]);
    },
  },
  {
    name: "delivers what handlers publish",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const [ping, pong] = [freshTopic(), freshTopic()];
      const box = await inbox(here, harness, pong);
      await inbox(there, harness, ping, {}, (event) => there.publish(pong, textMessage(`re: ${textOf(event)}`)));
      await settle(harness);
      for (const text of ["a", "b"]) await here.publish(ping, textMessage(text));
      await box.until(2);
      expect(box.texts).toEqual(["re: a", "re: b"]);
    },
  },
];

/** Publishes so many messages, one after the other, and gives their texts. */
async function publishMany(broker: Broker, topic: string, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, i) => `m${i}`);
  for (const text of texts) await broker.publish(topic, textMessage(text));
  return texts;
}

const textsOf = (boxes: readonly Inbox[]): string[] => boxes.flatMap((box) => box.texts);

/** Resolves when the boxes have so many messages together. */
function all(harness: BrokerHarness, boxes: readonly Inbox[], count: number): Promise<void> {
  return eventually(harness, async () => expect(textsOf(boxes).length).toBeGreaterThanOrEqual(count));
}

/** A message there and back on a topic of its own: what was under way twice has come by then. */
async function quiet(broker: Broker, harness: BrokerHarness): Promise<void> {
  const topic = freshTopic();
  const box = await inbox(broker, harness, topic);
  await settle(harness);
  await broker.publish(topic, textMessage("last"));
  await box.until(1);
}
