import { type Broker, httpBroker } from "@micro/core";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { type OlderBroker, startOlderBroker } from "./older-broker.ts";
import {
  allKnown,
  goPublish,
  goSubscribe,
  type Inbox,
  numbers,
  ourPublish,
  ourSubscribe,
  publishNumbered,
  sorted,
  upTo,
} from "./pubsub.ts";

const available = (await requireServer(etcdServer)) && (await requireGo()) && (await requireGo("older"));

// go-micro v1.18.0 and v2.9.1 know nothing of each other's subscribers.
describe.skipIf(!available)("a broker of ours that speaks both dialects, between go-micro v1 and v2", () => {
  let fleet: Fleet;
  let older: OlderBroker;
  let broker: Broker;
  beforeAll(async () => {
    fleet = await startFleet("etcd");
    older = await startOlderBroker(fleet.etcd?.addresses ?? []);
    broker = httpBroker({ registry: fleet.ours.registry, dialect: "both", noticeMs: 0 });
  });
  afterAll(async () => {
    await broker?.close();
    await older?.stop();
    await fleet?.close();
  });

  it("reaches subscribers of both, once each", async () => {
    const topic = uniqueName("both");
    const publish = ourPublish(broker, topic);
    const inboxes = [
      await goSubscribe(older, topic),
      await goSubscribe(fleet.go, topic),
      await ourSubscribe(broker, topic),
    ];
    await allKnown(publish, inboxes);
    await publishNumbered(publish, 20);
    await arrived(inboxes, 20);
    expect(inboxes[0]?.all()[0]?.headers).toEqual({ Number: "1", "Micro-Topic": topic });
  });

  it.each(["v1", "v2"])("gets each message of a publisher of %s once", async (generation) => {
    const topic = uniqueName("each");
    const publish = goPublish(generation === "v1" ? older : fleet.go, topic);
    const inbox = await ourSubscribe(broker, topic);
    await allKnown(publish, [inbox]);
    for (const number of upTo(5)) {
      await publish({ headers: { Number: String(number) }, body: `body ${number}` });
      await arrived([inbox], number);
    }
    const [first] = inbox.all();
    expect(Buffer.from(first?.body ?? []).toString()).toBe("body 1");
    expect({ ...first?.headers }).toEqual({ number: "1", "micro-topic": topic });
  });

  it("gives each message of a queue to one of the members of both", async () => {
    const topic = uniqueName("queue");
    const publish = ourPublish(broker, topic);
    const members = [
      await goSubscribe(older, topic, { queue: "workers" }),
      await goSubscribe(fleet.go, topic, { queue: "workers" }),
      await ourSubscribe(broker, topic, { queue: "workers" }),
    ];
    await allKnown(publish, members);
    await publishNumbered(publish, 60);
    await eventually(() => expect(sorted(members.flatMap(numbers))).toEqual(upTo(60)));
    for (const member of members) expect(numbers(member)).not.toEqual([]);
  });

  it("is not heard by the other generation when it speaks one of them", async () => {
    const topic = uniqueName("one");
    const one = httpBroker({ registry: fleet.ours.registry, dialect: "v1" });
    try {
      const publish = ourPublish(one, topic);
      const [hears, deaf] = [await goSubscribe(older, topic), await goSubscribe(fleet.go, topic)];
      await allKnown(publish, [hears]);
      await publishNumbered(publish, 5);
      await arrived([hears], 5);
      expect(deaf.all()).toEqual([]);
      expect(deaf.probed()).toBe(false);
    } finally {
      await one.close();
    }
  });

  async function arrived(inboxes: readonly Inbox[], count: number): Promise<void> {
    await eventually(() =>
      expect(inboxes.map((inbox) => sorted(numbers(inbox)))).toEqual(inboxes.map(() => upTo(count))),
    );
  }
});
