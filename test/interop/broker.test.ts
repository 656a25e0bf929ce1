import { type Broker, httpBroker, type MicroError, type Registry } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, requireGo, startGoPeer } from "./go-peer.ts";
import {
  allKnown,
  goPublish,
  goSubscribe,
  goWatches,
  numbers,
  ourPublish,
  ourSubscribe,
  type Publish,
  publishNumbered,
  sorted,
  upTo,
} from "./pubsub.ts";

const available = await requireGo();
const registries = await availableRegistries();
const publishers = ["go", "ts"] as const;

let fleet: Fleet;
/** Subscribes only, so that no Go program has to find itself. */
let second: GoPeer;
let broker: Broker;
/** Topics of messages that ours gave up. */
const undelivered: string[] = [];

function openBroker(registry: Registry): Broker {
  return httpBroker({ registry, noticeMs: 0, onUndelivered: (_error, topic) => undelivered.push(topic) });
}

async function openAll(registry: (typeof registries)[number]): Promise<void> {
  fleet = await startFleet(registry);
  second = await startGoPeer({ name: uniqueName("go"), args: fleet.args });
  broker = openBroker(fleet.ours.registry);
  await goWatches(fleet.go, broker);
}

async function closeAll(): Promise<void> {
  await broker?.close();
  await second?.stop();
  await fleet?.close();
}

function publisher(kind: (typeof publishers)[number], topic: string): Publish {
  return kind === "go" ? goPublish(fleet.go, topic) : ourPublish(broker, topic);
}

describe.skipIf(!available).each(registries)("messages of go's broker and ours, over %s", (registry) => {
  beforeAll(() => openAll(registry));
  afterAll(closeAll);

  it.each(publishers)("from %s reach every subscriber of both kinds that has no queue", async (kind) => {
    const topic = uniqueName("broadcast");
    const publish = publisher(kind, topic);
    const inboxes = [
      await goSubscribe(fleet.go, topic),
      await goSubscribe(second, topic),
      await ourSubscribe(broker, topic),
      await ourSubscribe(broker, topic),
    ];
    await allKnown(publish, inboxes);
    await publishNumbered(publish, 20);
    await eventually(() => expect(inboxes.map((each) => sorted(numbers(each)))).toEqual(inboxes.map(() => upTo(20))));
  });

  it.each(publishers)("from %s go to exactly one of go's and our members of a queue", async (kind) => {
    const topic = uniqueName("queue");
    const publish = publisher(kind, topic);
    const go = await goSubscribe(second, topic, { queue: "workers" });
    const ours = await ourSubscribe(broker, topic, { queue: "workers" });
    const other = await ourSubscribe(broker, topic, { queue: "others" });
    const every = await ourSubscribe(broker, topic);
    await allKnown(publish, [go, ours, other, every]);
    await publishNumbered(publish, 60);
    await eventually(() => {
      expect(sorted([...numbers(go), ...numbers(ours)])).toEqual(upTo(60));
      expect(sorted(numbers(other))).toEqual(upTo(60));
      expect(sorted(numbers(every))).toEqual(upTo(60));
    });
    expect(numbers(go)).not.toEqual([]);
    expect(numbers(ours)).not.toEqual([]);
  });
});

describe.skipIf(!available || !registries.includes("etcd"))("a message between go's broker and ours", () => {
  beforeAll(() => openAll("etcd"));
  afterAll(closeAll);

  it("to a topic when nobody has subscribed to anything is taken by ours and refused by go's", async () => {
    const topic = uniqueName("nobody");
    await expect(publisher("ts", topic)({ body: "lost" })).resolves.toBeUndefined();
    await eventually(() => expect(publisher("go", topic)({ body: "kept" })).rejects.toThrow(/service.*not found/));
  });

  it.each(publishers)("from %s to a topic that nobody has is forgotten", async (kind) => {
    const topic = uniqueName("nobody");
    const publish = publisher(kind, topic);
    const elsewhere = uniqueName("somebody");
    const somebody = await ourSubscribe(broker, elsewhere);
    await allKnown(publisher(kind, elsewhere), [somebody]);
    await publish({ body: "lost" });
    const late = await ourSubscribe(broker, topic);
    await allKnown(publish, [late]);
    await publish({ body: "seen" });
    await eventually(() => expect(late.all().map(({ body }) => Buffer.from(body).toString())).toEqual(["seen"]));
  });

  const bodies = {
    text: Buffer.from("ümlaut <&> 本"),
    "every byte": Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    nothing: Buffer.alloc(0),
    "a megabyte": Buffer.alloc(1024 * 1024, 7),
  };

  it.each(publishers)("from %s keeps its bytes", async (kind) => {
    const topic = uniqueName("bytes");
    const publish = publisher(kind, topic);
    const inbox = kind === "ts" ? await goSubscribe(second, topic) : await ourSubscribe(broker, topic);
    await allKnown(publish, [inbox]);
    for (const [index, body] of Object.values(bodies).entries()) {
      await publish({ body });
      await eventually(() => expect(inbox.all()).toHaveLength(index + 1));
    }
    for (const [index, body] of Object.values(bodies).entries())
      expect(Buffer.compare(inbox.all()[index]?.body ?? Buffer.of(0), body)).toBe(0);
  });

  it("of ours carries its headers, which go sees in its own spelling", async () => {
    const topic = uniqueName("headers");
    const publish = publisher("ts", topic);
    const inbox = await goSubscribe(second, topic);
    await allKnown(publish, [inbox]);
    await publish({
      headers: { "content-type": "application/json", "x-tenant": "<ümlaut>", "micro-id": "7", empty: "" },
    });
    await eventually(() => expect(inbox.all()).toHaveLength(1));
    expect(inbox.all()[0]?.headers).toEqual({
      "Content-Type": "application/json",
      "X-Tenant": "<ümlaut>",
      "Micro-Id": "7",
      "Micro-Topic": topic,
      Empty: "",
    });
  });

  it("of go's carries its headers, which ours gives in lower case", async () => {
    const topic = uniqueName("headers");
    const publish = publisher("go", topic);
    const inbox = await ourSubscribe(broker, topic);
    await allKnown(publish, [inbox]);
    await publish({
      headers: { "Content-Type": "application/json", "x-tenant": "<ümlaut>", "Micro-Id": "7", Empty: "" },
    });
    await eventually(() => expect(inbox.all()).toHaveLength(1));
    expect({ ...inbox.all()[0]?.headers }).toEqual({
      "content-type": "application/json",
      "x-tenant": "<ümlaut>",
      "micro-id": "7",
      "micro-topic": topic,
      empty: "",
    });
  });

  it("is not sent again by ours when go's handler fails, which go's answer does not tell", async () => {
    const topic = uniqueName("failing");
    const publish = publisher("ts", topic);
    const inbox = await goSubscribe(second, topic, { manner: "error" });
    await allKnown(publish, [inbox]);
    await publishNumbered(publish, 3);
    await eventually(() => expect(numbers(inbox)).toEqual([1, 2, 3]));
    expect(undelivered).not.toContain(topic);
  });

  it.each(publishers)("from %s is not sent again when our handler throws, which its onError is told", async (kind) => {
    const topic = uniqueName("failing");
    const publish = publisher(kind, topic);
    const errors: string[] = [];
    const inbox = await ourSubscribe(broker, topic, {
      handle: () => {
        throw new Error("failed as asked");
      },
      onError: (error, { message }) => errors.push(`${message.headers.number}: ${(error as MicroError).detail}`),
    });
    await allKnown(publish, [inbox]);
    for (const number of upTo(3)) {
      await publish({ headers: { Number: String(number) } });
      await eventually(() => expect(numbers(inbox)).toEqual(upTo(number)));
    }
    expect(errors).toEqual(upTo(3).map((number) => `${number}: failed as asked`));
  });

  it.each([
    { kind: "ts", times: 2, what: "comes again" },
    { kind: "go", times: 1, what: "is over, since go's broker overlooks that" },
  ] as const)("from $kind that our handler does not acknowledge $what", async ({ kind, times }) => {
    const topic = uniqueName("unacknowledged");
    const publish = publisher(kind, topic);
    let first = true;
    const seen: string[] = [];
    await using subscription = asDisposable(
      await broker.subscribe(
        topic,
        (event) => {
          const { number = "probe" } = event.message.headers;
          seen.push(number);
          if (number !== "1" || !first) return event.ack();
          first = false;
          event.nack();
        },
        { autoAck: false },
      ),
    );
    expect(subscription.topic).toBe(topic);
    const probe = { all: () => [], probed: () => seen.includes("probe") };
    await allKnown(publish, [probe]);
    await publish({ headers: { Number: "1" } });
    await eventually(() => expect(seen.filter((number) => number === "1")).toHaveLength(times));
    await publish({ headers: { Number: "2" } });
    await eventually(() => expect(seen).toContain("2"));
    expect(seen.filter((number) => number === "1")).toHaveLength(times);
  });

  it("is one of 1,000 of ours that reach go once each and in order", async () => {
    const topic = uniqueName("thousand");
    const publish = publisher("ts", topic);
    const inbox = await goSubscribe(second, topic);
    await allKnown(publish, [inbox]);
    await publishNumbered(publish, 1_000);
    await eventually(() => expect(numbers(inbox)).toHaveLength(1_000));
    expect(numbers(inbox)).toEqual(upTo(1_000));
  });

  // go-micro hands each to a goroutine of its own: no order is promised, and none is kept among its own either. What it
  // cannot send at once it keeps for the next publish, and of more than 64 it drops the newest; hence the pace.
  it("is one of 1,000 of go's that reach ours once each", async () => {
    const topic = uniqueName("thousand");
    const ours = await ourSubscribe(broker, topic);
    const go = await goSubscribe(second, topic);
    await allKnown(publisher("go", topic), [ours, go]);
    await fleet.go.order("/broker/flow/start", { Topic: topic, PerSecond: 500, Count: 1_000 });
    expect(await fleet.go.order("/broker/flow/end")).toEqual({ published: 1_000, failed: 0 });
    await eventually(() => expect(sorted(numbers(ours))).toEqual(upTo(1_000)));
    console.log(
      `of go's 1,000 messages out of order: at ours ${inversions(numbers(ours))}, at go ${inversions(numbers(go))}`,
    );
  });

  it.each(publishers)("from %s goes to those who stay when others unsubscribe", async (kind) => {
    const topic = uniqueName("leaving");
    const publish = publisher(kind, topic);
    const go = await goSubscribe(second, topic, { queue: "workers" });
    const [stays, leaves] = [
      await ourSubscribe(broker, topic, { queue: "workers" }),
      await ourSubscribe(broker, topic, { queue: "workers" }),
    ];
    await allKnown(publish, [go, stays, leaves]);
    await leaves.unsubscribe();
    await second.order("/broker/unsubscribe", { Topic: topic });
    await eventually(async () => expect(await subscriptionsTo(topic)).toBe(1));
    // go's publisher learns of it by its watch, or finds out when it next asks.
    await eventually(async () => {
      const before = numbers(stays).length;
      await publishNumbered(publish, 10);
      await eventually(() => expect(numbers(stays).length).toBe(before + 10), 1_000);
    });
  });

  async function subscriptionsTo(topic: string): Promise<number> {
    const records = await fleet.go.getService("micro.http.broker");
    return records.flatMap(({ nodes }) => nodes ?? []).filter(({ metadata }) => metadata?.topic === topic).length;
  }
});

function inversions(list: readonly number[]): number {
  return list.filter((number, index) => number < (list[index - 1] ?? 0)).length;
}

function asDisposable<T extends { unsubscribe(): Promise<void> }>(subscription: T): T & AsyncDisposable {
  return Object.assign(subscription, { [Symbol.asyncDispose]: () => subscription.unsubscribe() });
}
