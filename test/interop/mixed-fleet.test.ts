import type { RunningProcess } from "@micro/testbed";
import { freePort } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, requireGo, startGoPeer } from "./go-peer.ts";
import { madeMore, startOurLoad } from "./load.ts";
import { startOurPeer } from "./programs.ts";
import { Peer } from "./src/gen/peer.ts";

const available = await requireGo();
const registries = await availableRegistries();
const perSecond = 200;
/** So that some calls are under way whenever a node is stopped. */
const holdMs = 50;

describe.skipIf(!available).each(registries)("one go node and two of ours under one name, over %s", (registry) => {
  const name = uniqueName("mixed");
  let fleet: Fleet; // its own two peers are the callers here
  let goNode: GoPeer;
  const ourNodes: RunningProcess[] = [];

  beforeAll(async () => {
    fleet = await startFleet(registry);
    goNode = await startGoPeer({ name, args: fleet.args });
    for (let copy = 0; copy < 2; copy++) ourNodes.push(await startOurPeer(name, fleet.args));
    await bothKnowAll();
  });
  afterAll(async () => {
    for (const node of ourNodes) await node.stop();
    await goNode?.stop();
    await fleet?.close();
  });

  it("are called by our client in turn", async () => {
    const look = fleet.ours.client(Peer, name).look;
    const answered: Record<string, number> = {};
    for (let call = 0; call < 30; call++) {
      const { node } = await look({});
      answered[node] = (answered[node] ?? 0) + 1;
    }
    expect(answered).toEqual(Object.fromEntries(everyNode().map((node) => [node, 10])));
  });

  it("are called by go's client at random, all of them", async () => {
    const answered = new Set<string>();
    for (let call = 0; call < 100; call++) {
      const { reply, error } = await fleet.go.call({ service: name, endpoint: "Peer.Look" });
      expect(error).toBeUndefined();
      answered.add(String(reply?.node));
    }
    expect([...answered].sort()).toEqual(everyNode());
  });

  it("lose no call of either client when ours are stopped by SIGTERM and started again, twice each", async () => {
    const tallies = await underLoad("ours", async (more) => {
      for (let round = 0; round < 2; round++) {
        for (const [index, node] of ourNodes.entries()) {
          node.signal("SIGTERM");
          expect(await node.exited).toEqual({ code: 0, signal: null });
          ourNodes[index] = await startOurPeer(name, fleet.args);
          await more();
        }
      }
    });
    expect(tallies.ours).toMatchObject({ failed: 0, errors: {} });
    expect(tallies.go).toMatchObject({ failed: 0, errors: {} });
    // Go, and of ours the first two and each one started since.
    expect(Object.keys(tallies.ours.nodes)).toHaveLength(7);
    expect(Object.keys(tallies.go.nodes)).toHaveLength(7);
  });

  it("lose no call of our client when go's is stopped by SIGTERM and started again", async () => {
    const tallies = await underLoad("go's", async (more) => {
      for (let round = 0; round < 2; round++) {
        await goNode.stop();
        goNode = await startGoPeer({ name, args: fleet.args });
        await more();
      }
    });
    expect(tallies.ours).toMatchObject({ failed: 0, errors: {} });
  });

  async function underLoad(whose: string, restarts: (more: () => Promise<void>) => Promise<void>) {
    const asked = { service: name, perSecond, holdMs };
    const load = startOurLoad(fleet.ours, asked);
    await fleet.go.startLoad(asked);
    const more = (): Promise<void> => madeMore(load, perSecond);
    try {
      await more();
      await restarts(more);
    } finally {
      await load.stop();
    }
    const tallies = { go: await fleet.go.stopLoad(), ours: await load.stop() };
    for (const [client, { made, failed, errors }] of Object.entries(tallies)) {
      console.log(`${registry}, restarts of ${whose}, client ${client}: ${made} calls, ${failed} failed`, errors);
    }
    if (Object.keys(tallies.go.attempts).length > 0) console.log("attempts of go that failed:", tallies.go.attempts);
    return tallies;
  }

  function everyNode(): string[] {
    return [`go-${goNode.process.pid}`, ...ourNodes.map(({ pid }) => `ts-${pid}`)].sort();
  }

  async function bothKnowAll(): Promise<void> {
    const look = fleet.ours.client(Peer, name).look;
    await eventually(async () => {
      const seen = new Set<string>();
      for (let call = 0; call < 3; call++) seen.add((await look({})).node);
      expect(seen.size).toBe(3);
      expect((await fleet.go.getService(name)).flatMap(({ nodes }) => nodes ?? [])).toHaveLength(3);
    });
  }
});

describe.skipIf(!available).each(registries)("a name with a node that cannot answer, over %s", (registry) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(registry);
  });
  afterAll(() => fleet?.close());

  /** A name for one node of ours or go's and one record that leads nowhere. */
  async function spoiled(word: string, protocol: string, address: string): Promise<string> {
    const name = uniqueName(word);
    const node = { id: `${name}-spoiled`, address, metadata: { protocol } };
    await fleet.go.register({ name, version: "latest", metadata: null, endpoints: null, nodes: [node] }, 60);
    return name;
  }

  const twoNodes = async (name: string): Promise<void> =>
    eventually(async () =>
      expect((await fleet.go.getService(name)).flatMap(({ nodes }) => nodes ?? [])).toHaveLength(2),
    );

  it("gets go's client to our node at its second try when the first refuses the connection", async () => {
    const name = await spoiled("refused", "grpc", `127.0.0.1:${await freePort()}`);
    await using _ours = await startOurPeer(name, fleet.args);
    await twoNodes(name);
    let second = 0;
    for (let call = 0; call < 20; call++) {
      const order = { service: name, endpoint: "Peer.Look", roundRobin: true };
      const { reply, error, attempts } = await fleet.go.call(order);
      expect(error).toBeUndefined();
      expect(reply?.node).toMatch(/^ts-/);
      second += attempts?.length === 2 ? 1 : 0;
    }
    expect(second).toBeGreaterThan(0);
  });

  it("gets our client to go's node at its second try when the first refuses the connection, and then at the first", async () => {
    const name = await spoiled("refused", "grpc", `127.0.0.1:${await freePort()}`);
    await using _go = await startGoPeer({ name, args: fleet.args });
    await twoNodes(name);
    for (let call = 0; call < 20; call++) {
      expect((await fleet.ours.client(Peer, name).look({})).node).toMatch(/^go-/);
    }
  });

  it("gets our client past a node of a protocol it does not speak", async () => {
    const name = await spoiled("mucp", "mucp", `127.0.0.1:${await freePort()}`);
    await using _go = await startGoPeer({ name, args: fleet.args });
    await twoNodes(name);
    for (let call = 0; call < 20; call++) {
      expect((await fleet.ours.client(Peer, name).look({})).node).toMatch(/^go-/);
    }
  });
});
