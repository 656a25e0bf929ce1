import type { Service } from "@micro/core";
import type { RunningProcess } from "@micro/testbed";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, requireGo, startGoPeer } from "./go-peer.ts";
import { startOurs } from "./programs.ts";
import { allKnown, type Inbox, type Received, toldInbox } from "./pubsub.ts";
import { Kind, Sample } from "./src/gen/peer.ts";

const available = (await requireServer(etcdServer)) && (await requireGo());
const contentTypes = ["application/protobuf", "application/json"] as const;
const publishers = ["go", "ts"] as const;

/** Publishes to a topic the way a service in one of the languages does. */
type PublishEvent = (sample: Parameters<typeof Sample.encode>[0], options?: EventOptions) => Promise<void>;
interface EventOptions {
  contentType?: string;
  headers?: Record<string, string>;
}

describe.skipIf(!available)("service.publish and subscribe beside go's NewEvent and RegisterSubscriber", () => {
  const broadcast = uniqueName("broadcast");
  const queued = uniqueName("queued");
  const topics = `${broadcast},${queued}@workers`;
  const [goName, ourName] = [uniqueName("go.sub"), uniqueName("ts.sub")];
  let fleet: Fleet; // its own two peers are the publishers
  let goSubscriber: GoPeer;
  let ourSubscriber: RunningProcess;

  beforeAll(async () => {
    fleet = await startFleet("etcd");
    goSubscriber = await startGoPeer({ name: goName, args: fleet.args, env: { PEER_TOPICS: topics } });
    ourSubscriber = await startOurs("peer", fleet.args, { PEER_NAME: ourName, PEER_TOPICS: topics });
    // What comes between its first look and its watch, go's publisher misses for a minute.
    await eventually(async () =>
      expect((await fleet.go.getService("micro.http.broker")).flatMap(({ nodes }) => nodes)).toHaveLength(4),
    );
    for (const kind of publishers)
      for (const topic of [broadcast, queued])
        await allKnown(({ headers }) => publisher(kind, topic)({}, { ...(headers && { headers }) }), inboxes(topic));
  });
  afterAll(async () => {
    await ourSubscriber?.stop();
    await goSubscriber?.stop();
    await fleet?.close();
  });

  const sample: Partial<Sample> = {
    text: "ümlaut <&> 本",
    big: 2n ** 62n,
    blob: Buffer.from([0, 255, 128]),
    tags: ["a", ""],
    kind: Kind.MANY,
    counts: { one: 1 },
    innerValue: { longName: "long", next: undefined },
    yes: true,
    ratio: 0.25,
    huge: 2n ** 64n - 1n,
  };

  it.each(publishers.flatMap((kind) => contentTypes.map((contentType) => ({ kind, contentType }))))(
    "carry a message of $kind as $contentType to subscribers of both",
    async ({ kind, contentType }) => {
      const before = inboxes(broadcast).map((inbox) => inbox.all().length);
      await publisher(kind, broadcast)(sample, { contentType });
      const [atGo, atOurs] = await nextOf(inboxes(broadcast), before);
      expect(Sample.fromJson(atGo?.message)).toEqual(Sample.decode(Sample.encode(sample)));
      expect(Sample.fromJson(atOurs?.message)).toEqual(Sample.decode(Sample.encode(sample)));
    },
  );

  it.each(publishers)(
    "carry headers of %s: the topic, the publisher's name and what the program gave",
    async (kind) => {
      const before = inboxes(broadcast).map((inbox) => inbox.all().length);
      await publisher(kind, broadcast)({ text: "x" }, { headers: { "X-Tenant": "blue" } });
      const [atGo, atOurs] = await nextOf(inboxes(broadcast), before);
      const from = kind === "go" ? fleet.goName : fleet.ourName;
      expect(atGo?.headers).toEqual({ "Micro-Topic": broadcast, "Micro-From-Service": from, "X-Tenant": "blue" });
      expect(atOurs?.headers).toEqual({ "micro-topic": broadcast, "micro-from-service": from, "x-tenant": "blue" });
    },
  );

  it.each(publishers)("share the messages of %s in a queue, each going to one", async (kind) => {
    const publish = publisher(kind, queued);
    const names = Array.from({ length: 40 }, (_, index) => `${kind} ${index}`);
    for (const text of names) await publish({ text });
    const seen = (inbox: Inbox): string[] =>
      inbox.all().flatMap(({ message }) => {
        const { text } = Sample.fromJson(message);
        return text.startsWith(kind) ? [text] : [];
      });
    const [atGo, atOurs] = inboxes(queued);
    if (!atGo || !atOurs) throw new Error("two inboxes expected");
    await eventually(() => expect([...seen(atGo), ...seen(atOurs)].sort()).toEqual([...names].sort()));
    expect(seen(atGo)).not.toEqual([]);
    expect(seen(atOurs)).not.toEqual([]);
  });

  it("are told to the registry alike", async () => {
    const told = async (name: string) => {
      const [record] = await fleet.go.getService(name);
      return (record?.endpoints ?? []).filter(isSubscriber).map(withoutFields);
    };
    const ours = await told(ourName);
    expect(ours).toEqual(await told(goName));
    expect(ours).toHaveLength(2);
  });

  function publisher(kind: (typeof publishers)[number], topic: string): PublishEvent {
    return kind === "go" ? goEvents(fleet.go, topic) : ourEvents(fleet.ours, topic);
  }

  /** Go's and ours. */
  function inboxes(topic: string): Inbox[] {
    return [toldInbox(goSubscriber.process, topic), toldInbox(ourSubscriber, topic)];
  }
});

function goEvents(go: GoPeer, topic: string): PublishEvent {
  return async (sample, { contentType, headers } = {}) => {
    const event = { Topic: topic, Message: Sample.toJson(sample), ContentType: contentType, Headers: headers };
    await go.order("/event/publish", event);
  };
}

function ourEvents(service: Service, topic: string): PublishEvent {
  return (sample, { contentType, headers } = {}) =>
    service.publish(topic, sample as Sample, {
      type: Sample,
      ...(contentType && { contentType }),
      ...(headers && { metadata: headers }),
    });
}

/** What comes to each after so many. */
async function nextOf(inboxes: readonly Inbox[], before: readonly number[]): Promise<(Received | undefined)[]> {
  await eventually(() => expect(inboxes.map((inbox) => inbox.all().length)).toEqual(before.map((count) => count + 1)));
  return inboxes.map((inbox) => inbox.all().at(-1));
}

interface ToldEndpoint {
  readonly request: { name: string; type: string };
  readonly metadata: Record<string, string> | null;
}

const isSubscriber = (endpoint: unknown): boolean => (endpoint as ToldEndpoint).metadata?.subscriber === "true";

// The fields of a message, and what differs in them, have a test of their own.
function withoutFields(endpoint: unknown): object {
  const { request, ...rest } = endpoint as ToldEndpoint;
  return { ...rest, request: { name: request.name, type: request.type } };
}
