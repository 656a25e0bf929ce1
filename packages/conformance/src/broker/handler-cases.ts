import { type Broker, MicroError } from "@micro/core";
import { expect } from "vitest";
import { eventually, within } from "../patience.ts";
import type { Case } from "../suite.ts";
import type { BrokerHarness } from "./harness.ts";
import { freshTopic, gate, inbox, settle, textMessage, textOf } from "./inbox.ts";

/** What handlers may do, and what a slow or failing one does to others. */
export const handlerCases: readonly Case<BrokerHarness>[] = [
  {
    name: "tells onError of a handler that fails, and goes on",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const told: string[] = [];
      const failing = await inbox(
        there,
        harness,
        topic,
        {
          onError(error, event) {
            expect(error).toBeInstanceOf(MicroError);
            told.push(`${textOf(event)}: ${(error as MicroError).detail}`);
          },
        },
        (event) => {
          if (textOf(event) === "b") throw new Error("thrown");
          return Promise.reject(new MicroError("test", 409, "rejected"));
        },
      );
      const other = await inbox(there, harness, topic);
      await settle(harness);
      for (const text of ["a", "b", "c"]) await here.publish(topic, textMessage(text));
      await failing.until(3);
      await other.until(3);
      await eventually(harness, async () => expect(told).toEqual(["a: rejected", "b: thrown", "c: rejected"]));
    },
  },
  {
    name: "survives an onError that fails",
    async run(harness) {
      await using here = await harness.open();
      const topic = freshTopic();
      const onError = (): never => {
        throw new Error("thrown by onError");
      };
      const box = await inbox(here, harness, topic, { onError }, () => Promise.reject(new Error("thrown")));
      await settle(harness);
      for (const text of ["a", "b"]) await here.publish(topic, textMessage(text));
      await box.until(2);
    },
  },
  {
    name: "runs as many handlers at once as concurrency says, and no more",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const hold = gate();
      let running = 0;
      let most = 0;
      const box = await inbox(there, harness, topic, { concurrency: 3 }, async () => {
        most = Math.max(most, ++running);
        await hold.passed;
        running--;
      });
      await settle(harness);
      for (let i = 0; i < 8; i++) await here.publish(topic, textMessage(`m${i}`));
      await box.until(3);
      hold.open();
      await box.until(8);
      expect(most).toBe(3);
    },
  },
  {
    name: "keeps publishers waiting for a slow subscriber, and loses nothing",
    skip: ({ holdsAtMost }) => (holdsAtMost === undefined ? "publishing never waits" : undefined),
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const hold = gate();
      const box = await inbox(there, harness, topic, {}, () => hold.passed);
      await settle(harness);
      const { taken, refused } = await publishUntilRefused(harness, (text) =>
        here.publish(topic, textMessage(text), { timeoutMs: 100 }),
      );
      expect(refused).toMatchObject({ name: "MicroError", code: 408 });
      const waiting = here.publish(topic, textMessage("waited"), { timeoutMs: 60_000 });
      hold.open();
      await within(harness, "a publisher that waits to go on", () => waiting);
      await box.until(taken.length + 1);
      expect(box.texts).toEqual([...taken, "waited"]);
    },
  },
  {
    name: "gives up waiting when the publisher's signal is aborted",
    skip: ({ holdsAtMost }) => (holdsAtMost === undefined ? "publishing never waits" : undefined),
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const hold = gate();
      await inbox(there, harness, topic, {}, () => hold.passed);
      await settle(harness);
      await publishUntilRefused(harness, (text) => here.publish(topic, textMessage(text), { timeoutMs: 100 }));
      const stop = new AbortController();
      const waiting = here.publish(topic, textMessage("never"), { timeoutMs: 60_000, signal: stop.signal });
      stop.abort();
      const cancelled = { name: "MicroError", code: 499 };
      await expect(within(harness, "publishing to be given up", () => waiting)).rejects.toMatchObject(cancelled);
      hold.open();
    },
  },
  {
    name: "delivers again what is not acknowledged",
    skip: ({ redelivers = true }) => (redelivers ? undefined : "the backend delivers once"),
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const onError = (): void => undefined;
      const box = await inbox(there, harness, topic, { autoAck: false, onError }, (event) => {
        if (box.events.length === 1) return event.nack();
        if (box.events.length === 2) throw new Error("not this time");
        event.ack();
      });
      await settle(harness);
      await here.publish(topic, textMessage("again"));
      await box.until(3);
      await here.publish(topic, textMessage("next"));
      await box.until(4);
      expect(box.texts).toEqual(["again", "again", "again", "next"]);
    },
  },
  {
    name: "delivers a message once whose handler acknowledges it, also later and twice",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const box = await inbox(there, harness, topic, { autoAck: false }, (event) => {
        setImmediate(() => {
          event.ack();
          event.nack();
        });
      });
      await settle(harness);
      for (const text of ["a", "b", "c"]) await here.publish(topic, textMessage(text));
      await box.until(3);
      await afterRedelivery(harness, here);
      await here.publish(topic, textMessage("d"));
      await box.until(4);
      expect(box.texts).toEqual(["a", "b", "c", "d"]);
    },
  },
  {
    name: "does not deliver a message again that failed under automatic acknowledgement",
    async run(harness) {
      await using here = await harness.open();
      await using there = await harness.open();
      const topic = freshTopic();
      const onError = (): void => undefined;
      const box = await inbox(there, harness, topic, { onError }, (event) => {
        event.nack();
        throw new Error("thrown");
      });
      await settle(harness);
      for (const text of ["a", "b"]) await here.publish(topic, textMessage(text));
      await box.until(2);
      await afterRedelivery(harness, here);
      expect(box.texts).toEqual(["a", "b"]);
    },
  },
];

/** Resolves when what was refused before has been delivered again: a message on a topic of its own, refused twice, has. */
async function afterRedelivery(harness: BrokerHarness, broker: Broker): Promise<void> {
  if (harness.redelivers === false) return;
  const topic = freshTopic();
  const box = await inbox(broker, harness, topic, { autoAck: false }, (event) => {
    if (box.events.length < 3) event.nack();
    else event.ack();
  });
  await settle(harness);
  await broker.publish(topic, textMessage("refused"));
  await box.until(3);
}

/** Publishes until publishing gives up; fails when the backend takes more than it says it does. */
async function publishUntilRefused(
  { holdsAtMost = 0 }: BrokerHarness,
  publish: (text: string) => Promise<void>,
): Promise<{ taken: string[]; refused: unknown }> {
  const taken: string[] = [];
  for (let i = 0; i <= holdsAtMost; i++) {
    const text = `m${i}`;
    try {
      await publish(text);
    } catch (refused) {
      return { taken, refused };
    }
    taken.push(text);
  }
  throw new Error(
    `publishing waited for nobody: ${taken.length} messages were taken, ${holdsAtMost} should be the most`,
  );
}
