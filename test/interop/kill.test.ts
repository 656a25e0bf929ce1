import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, type GoTally, requireGo, startGoPeer } from "./go-peer.ts";
import { madeMore, startOurLoad } from "./load.ts";
import { startOurPeer } from "./programs.ts";
import { Peer } from "./src/gen/peer.ts";

const available = (await requireServer(etcdServer)) && (await requireGo());
const perSecond = 200;
/** So that some calls are under way when a node is killed. */
const holdMs = 20;

/** A node of either kind: what it is called in answers, and its end. */
interface Node {
  readonly is: string;
  kill9(): Promise<unknown>;
}

describe.skipIf(!available)("of three nodes under one name, one that is killed with SIGKILL under load", () => {
  const [mixed, pure] = [uniqueName("mixed"), uniqueName("pure")];
  let fleet: Fleet; // its own two peers call the mixed name
  let pureCaller: GoPeer; // calls the one with nodes of go's only, at the same time
  let shortLived: string[];
  const mixedNodes: Node[] = [];
  const pureNodes: Node[] = [];

  beforeAll(async () => {
    fleet = await startFleet("etcd");
    shortLived = [...fleet.args, "--register_ttl=3", "--register_interval=1"];
    pureCaller = await startGoPeer({ name: uniqueName("caller"), args: fleet.args });
    mixedNodes.push(await ourNode(mixed), await ourNode(mixed), await goNode(mixed));
    for (let copy = 0; copy < 3; copy++) pureNodes.push(await goNode(pure));
    await allKnown();
  });
  afterAll(async () => {
    for (const node of [...mixedNodes, ...pureNodes]) await node.kill9();
    await pureCaller?.stop();
    await fleet?.close();
  });

  // go's client draws a node for each of its two attempts until the registry says that one has gone, so what it loses is
  // chance; with nodes of go's alone it loses no less.
  it.each([
    { whose: "ours", victim: 0, start: ourNode },
    { whose: "go's", victim: 2, start: goNode },
  ])(
    "costs our client nothing when it is $whose, and go's no more than one of three of go's does",
    async ({ whose, victim, start }) => {
      const load = startOurLoad(fleet.ours, { service: mixed, perSecond, holdMs, idempotent: true });
      await fleet.go.startLoad({ service: mixed, perSecond, holdMs });
      await pureCaller.startLoad({ service: pure, perSecond, holdMs });
      let expiredMs: number;
      try {
        await madeMore(load, perSecond);
        const began = performance.now();
        await Promise.all([mixedNodes[victim]?.kill9(), pureNodes[victim]?.kill9()]);
        await eventually(async () => expect(await nodesOf(mixed)).toHaveLength(2));
        await eventually(async () => expect(await nodesOf(pure)).toHaveLength(2));
        expiredMs = Math.round(performance.now() - began);
        mixedNodes[victim] = await start(mixed);
        pureNodes[victim] = await goNode(pure);
        await allKnown();
        await madeMore(load, perSecond);
      } finally {
        await load.stop();
      }
      const tallies = { ours: await load.stop(), go: await fleet.go.stopLoad(), pure: await pureCaller.stopLoad() };
      console.log(`${whose} killed, gone from the registry after ${expiredMs} ms; lost by`, {
        "our client": lost(tallies.ours),
        "go's client": lost(tallies.go),
        "go's client of go's nodes": lost(tallies.pure),
      });
      expect(tallies.ours).toMatchObject({ failed: 0, errors: {} });
      expect(share(tallies.go)).toBeLessThan(share(tallies.pure) * 1.5 + chance);
      // The three, and the one that took the place of the dead.
      expect(Object.keys(tallies.ours.nodes)).toHaveLength(4);
      expect(Object.keys(tallies.go.nodes)).toHaveLength(4);
    },
  );

  it.concurrent.each([
    { whose: "ours", start: ourNode },
    { whose: "go's", start: goNode },
  ])(
    "is used at its new port by both clients as soon as it is back, under its old id, when it is $whose",
    async ({ start }) => {
      const name = uniqueName("back");
      const other = await ourNode(name);
      const first = await start(name, "same");
      const look = fleet.ours.client(Peer, name).look;
      const seenByOurs = async (): Promise<string> => (await look({}, { idempotent: true })).node;
      const seenByGo = async (): Promise<string> => {
        const { reply } = await fleet.go.call({ service: name, endpoint: "Peer.Look", roundRobin: true });
        return String(reply?.node);
      };
      await eventually(async () => expect(await seenByOurs()).toBe(first.is));
      await eventually(async () => expect(await seenByGo()).toBe(first.is));
      const [{ address: before } = { address: "" }] = await nodesOf(name, "same");
      await first.kill9();
      // Its record is there for a minute more, and our client knows by its first try that it is of no use.
      for (let call = 0; call < 6; call++) expect(await seenByOurs()).toBe(other.is);
      const second = await start(name, "same");
      try {
        await eventually(async () => {
          const [node] = await nodesOf(name, "same");
          expect(node?.address).not.toBe(before);
        });
        // Both are told by their watches; after that each second call is its own.
        await eventually(async () => expect(await seenByOurs()).toBe(second.is));
        await eventually(async () => expect(await seenByGo()).toBe(second.is));
        const seen: string[] = [];
        for (let call = 0; call < 10; call++) seen.push(await seenByOurs());
        expect(seen.filter((node) => node === second.is)).toHaveLength(5);
      } finally {
        await Promise.all([second.kill9(), other.kill9()]);
      }
    },
  );

  async function ourNode(name: string, id?: string): Promise<Node> {
    const node = await startOurPeer(name, id ? [...fleet.args, `--server_id=${id}`] : shortLived);
    return { is: `ts-${node.pid}`, kill9: () => node.kill9() };
  }

  async function goNode(name: string, id?: string): Promise<Node> {
    const args = id ? [...fleet.args, `--server_id=${id}`] : shortLived;
    const { process } = await startGoPeer({ name, args });
    return { is: `go-${process.pid}`, kill9: () => process.kill9() };
  }

  async function nodesOf(name: string, id = ""): Promise<{ id: string; address: string }[]> {
    const records = await fleet.go.getService(name);
    return records.flatMap(({ nodes }) => nodes ?? []).filter((node) => node.id.endsWith(id));
  }

  async function allKnown(): Promise<void> {
    await eventually(async () => {
      expect(await nodesOf(mixed)).toHaveLength(3);
      expect(await nodesOf(pure)).toHaveLength(3);
    });
  }
});

/** By how much two runs of chance may differ, as a share of all calls. */
const chance = 0.02;

function share({ failed, made }: Pick<GoTally, "failed" | "made">): number {
  return failed / made;
}

function lost({ failed, made }: Pick<GoTally, "failed" | "made">): string {
  return `${failed} of ${made}`;
}
