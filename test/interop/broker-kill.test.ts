import { type Broker, httpBroker } from "@micro/core";
import { etcdServer, type RunningProcess, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Flow, startGoFlow, startOurFlow } from "./broker-flow.ts";
import { eventually } from "./eventually.ts";
import { type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { requireGo, startGoPeer } from "./go-peer.ts";
import { startOurs } from "./programs.ts";
import {
  allKnown,
  goPublish,
  goSubscribe,
  type Inbox,
  numbers,
  ourPublish,
  ourSubscribe,
  probe,
  toldInbox,
} from "./pubsub.ts";

const available = (await requireServer(etcdServer)) && (await requireGo());
const perSecond = 200;
// go's publisher drops what it cannot send beyond 64, and all that a busy worker has not answered when it dies comes back
// at once; at this pace a slow machine does not decide the outcome.
const goPerSecond = 100;

/** What became of a flow through a queue of two, one of whom was killed. */
interface Toll {
  readonly published: number;
  readonly failed: number;
  readonly before: number;
  readonly after: number;
  /** Of those published before the kill, those that neither got; of those after it, those that the survivor did not get. */
  readonly lostBefore: number;
  readonly lostAfter: number;
  readonly twice: number;
}

describe.skipIf(!available)("a queue of two, one of whom is killed with SIGKILL in the middle of a flow", () => {
  let fleet: Fleet;
  let broker: Broker;
  beforeAll(async () => {
    fleet = await startFleet("etcd");
    broker = httpBroker({ registry: fleet.ours.registry, noticeMs: 0 });
  });
  afterAll(async () => {
    await broker?.close();
    await fleet?.close();
  });

  it.concurrent.each(["go", "ts"])(
    "gets all messages of our publisher to ours when the killed one is %s",
    async (killed) => {
      const topic = uniqueName("killed");
      const [process, dies] = killed === "go" ? await goWorker(topic) : await ourWorker(topic);
      const stays = await ourSubscribe(broker, topic, { queue: "workers" });
      await allKnown(ourPublish(broker, topic), [dies, stays]);
      const toll = await killed9(process, dies, stays, startOurFlow(broker, { topic, perSecond }), perSecond);
      report(`ts → { ${killed} killed, ts }`, toll);
      expect(toll).toMatchObject({ failed: 0, lostBefore: 0, lostAfter: 0 });
    },
  );

  it.concurrent("gets all messages of our publisher to go's when the killed one is ours", async () => {
    const topic = uniqueName("killed");
    const [process, dies] = await ourWorker(topic);
    const stays = await goSubscribe(fleet.go, topic, { queue: "workers" });
    await allKnown(ourPublish(broker, topic), [dies, stays]);
    const toll = await killed9(process, dies, stays, startOurFlow(broker, { topic, perSecond }), perSecond);
    report("ts → { ts killed, go }", toll);
    expect(toll).toMatchObject({ failed: 0, lostBefore: 0, lostAfter: 0 });
  });

  // go's publisher draws a member for each message, the dead one too, and keeps what it cannot send until it next
  // publishes. What it does with two of its own is all that can be asked.
  it("loses no more messages of go's publisher when the killed one is ours than when it is go's", async () => {
    const [ours, go] = [uniqueName("killed"), uniqueName("killed")];
    await using publisher = await startGoPeer({ name: uniqueName("publisher"), args: fleet.args });
    const [ourProcess, ourDies] = await ourWorker(ours);
    const [goProcess, goDies] = await goWorker(go);
    const ourCase = {
      process: ourProcess,
      dies: ourDies,
      stays: await goSubscribe(fleet.go, ours, { queue: "workers" }),
    };
    const goCase = { process: goProcess, dies: goDies, stays: await goSubscribe(fleet.go, go, { queue: "workers" }) };
    await allKnown(goPublish(fleet.go, ours), [ourCase.dies, ourCase.stays]);
    await allKnown(goPublish(publisher, go), [goCase.dies, goCase.stays]);
    const [ourFlow, goFlow] = [
      await startGoFlow(fleet.go, { topic: ours, perSecond: goPerSecond }),
      await startGoFlow(publisher, { topic: go, perSecond: goPerSecond }),
    ];
    const [ourToll, goToll] = await Promise.all([
      killed9(ourCase.process, ourCase.dies, ourCase.stays, ourFlow, goPerSecond, () =>
        probe(goPublish(fleet.go, ours)),
      ),
      killed9(goCase.process, goCase.dies, goCase.stays, goFlow, goPerSecond, () => probe(goPublish(publisher, go))),
    ]);
    report("go → { ts killed, go }", ourToll);
    report("go → { go killed, go }", goToll);
    expect(ourToll.failed).toBe(0);
    expect(lostShare(ourToll)).toBeLessThan(lostShare(goToll) + chance);
  });

  async function goWorker(topic: string): Promise<[RunningProcess, Inbox]> {
    const worker = await startGoPeer({ name: uniqueName("worker"), args: fleet.args });
    return [worker.process, await goSubscribe(worker, topic, { queue: "workers" })];
  }

  async function ourWorker(topic: string): Promise<[RunningProcess, Inbox]> {
    const env = { PEER_NAME: uniqueName("worker"), PEER_TOPICS: `${topic}@workers` };
    const worker = await startOurs("peer", fleet.args, env);
    await eventually(async () => {
      const records = await fleet.go.getService("micro.http.broker");
      expect(records.flatMap(({ nodes }) => nodes ?? []).map(({ metadata }) => metadata?.topic)).toContain(topic);
    });
    return [worker, toldInbox(worker, topic)];
  }
});

/** By how much two runs of chance may differ, as a share of all messages. */
const chance = 0.05;
/** So many tenths of a second without a message are taken for the end. */
const patience = 20;

/** Kills one after `each` messages of the flow, goes on for twice as many, and waits for what is still on its way. */
async function killed9(
  process: RunningProcess,
  dies: Inbox,
  stays: Inbox,
  flow: Flow,
  each: number,
  push?: () => Promise<void>,
): Promise<Toll> {
  await reached(() => numbers(dies).length + numbers(stays).length, each);
  await process.kill9();
  const before = Math.max(0, ...numbers(dies), ...numbers(stays));
  await reached(() => numbers(stays).at(-1) ?? 0, before + 2 * each);
  const { published, failed } = await flow.stop();
  await settled(() => new Set([...numbers(dies), ...numbers(stays)]).size, published, push);
  const [atDead, atSurvivor] = [numbers(dies), numbers(stays)];
  const [all, survivor] = [new Set([...atDead, ...atSurvivor]), new Set(atSurvivor)];
  const missing = (from: number, to: number, got: ReadonlySet<number>): number =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((number) => !got.has(number)).length;
  return {
    published,
    failed,
    before,
    after: published - before,
    lostBefore: missing(1, before, all),
    lostAfter: missing(before + 1, published, survivor),
    twice: atDead.length + atSurvivor.length - all.size,
  };
}

/** Waits for what is on its way, until all is there or nothing has come for a while. */
async function settled(count: () => number, all: number, push?: () => Promise<void>): Promise<void> {
  let before = -1;
  for (let quiet = 0; quiet < patience && count() < all; quiet = count() > before ? 0 : quiet + 1) {
    before = count();
    // Go's publisher sends what it has left, eight at a time, when it next publishes.
    await push?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function reached(count: () => number, target: number): Promise<void> {
  await eventually(() => expect(count()).toBeGreaterThanOrEqual(target), 60_000);
}

function lostShare({ lostBefore, lostAfter, published }: Toll): number {
  return (lostBefore + lostAfter) / published;
}

function report(what: string, { before, after, lostBefore, lostAfter, twice }: Toll): void {
  const [early, late] = [`${before - lostBefore} of ${before}`, `${after - lostAfter} of ${after}`];
  console.log(`${what}: arrived ${early} published before the kill, ${late} after it; ${twice} came twice`);
}
