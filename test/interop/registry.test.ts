import { decodeRecord, type Registry, type ServiceRecord } from "@micro/core";
import type { EtcdCluster } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { availableRegistries, type Fleet, startFleet, uniqueName } from "./fleet.ts";
import { requireGo, startGoPeer } from "./go-peer.ts";
import { startOurPeer } from "./programs.ts";
import { asTold, withoutGoInternals } from "./records.ts";
import { says, watchOurs } from "./watching.ts";

const available = await requireGo();
const registries = await availableRegistries();

describe.skipIf(!available).each(registries)("records in %s", (registry) => {
  let fleet: Fleet;
  let ours: Registry;
  beforeAll(async () => {
    fleet = await startFleet(registry);
    ours = fleet.ours.registry;
  });
  afterAll(() => fleet?.close());

  it("of a go service are read by ours with name, version, node, address and metadata", async () => {
    const [record, ...others] = await ours.getService(fleet.goName);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ name: fleet.goName, version: "latest", metadata: {} });
    expect(record?.nodes).toEqual([
      {
        id: expect.stringMatching(new RegExp(`^${fleet.goName}-[0-9a-f-]{36}$`)),
        address: fleet.go.address,
        metadata: { broker: "http", protocol: "grpc", registry, server: "grpc", transport: "grpc" },
      },
    ]);
    const [seenByGo] = await fleet.go.getService(fleet.goName);
    expect(record && asTold(record)).toEqual(seenByGo);
  });

  it("of ours are read by go with name, version, node, address and metadata", async () => {
    const [record, ...others] = await fleet.go.getService(fleet.ourName);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ name: fleet.ourName, version: "latest" });
    expect(record?.nodes).toEqual([
      {
        id: expect.stringMatching(new RegExp(`^${fleet.ourName}-[0-9a-f-]{36}$`)),
        address: fleet.ourAddress,
        metadata: { broker: "http", protocol: "grpc", registry, server: "grpc", transport: "grpc" },
      },
    ]);
    const [seenByOurs] = await ours.getService(fleet.ourName);
    expect(seenByOurs && asTold(seenByOurs)).toEqual(record);
  });

  it("tell the same endpoints of both", async () => {
    const [goRecord] = await fleet.go.getService(fleet.goName);
    const [ourRecord] = await fleet.go.getService(fleet.ourName);
    expect(withoutGoInternals(goRecord?.endpoints)).toEqual(ourRecord?.endpoints);
  });

  it("are listed by both", async () => {
    const expected = expect.arrayContaining([fleet.goName, fleet.ourName]);
    await eventually(async () => {
      expect((await fleet.go.listServices()).map(({ name }) => name)).toEqual(expected);
      expect((await ours.listServices()).map(({ name }) => name)).toEqual(expected);
    });
  });

  it("with two versions of two nodes each are grouped alike", async () => {
    const name = uniqueName("versions");
    const mixed = [
      artificial(name, "1", "a"),
      artificial(name, "1", "b"),
      artificial(name, "2", "c"),
      artificial(name, "2", "d"),
    ];
    for (const [index, record] of mixed.entries()) {
      if (index % 2 === 0) await fleet.go.register(asTold(record), 60);
      else await ours.register(record, { ttlMs: 60_000 });
    }
    const shape = (records: readonly { version: string; nodes: readonly { id: string }[] | null }[]) =>
      Object.fromEntries(records.map(({ version, nodes }) => [version, (nodes ?? []).map(({ id }) => id).sort()]));
    const expected = { "1": [`${name}-a`, `${name}-b`], "2": [`${name}-c`, `${name}-d`] };
    await eventually(async () => {
      expect(shape(await ours.getService(name))).toEqual(expected);
      expect(shape(await fleet.go.getService(name))).toEqual(expected);
    });
  });

  it("that go changes are told to our watch", async () => {
    const name = uniqueName("watched");
    const watch = await watchOurs(ours, name);
    const record = artificial(name, "1", "a");
    const told = { ...asTold(record), endpoints: null };
    await fleet.go.register(asTold(record), 60);
    expect(await watch.until("create", says("create", `${name}-a`))).toEqual({ type: "create", record });
    if (registry === "etcd") {
      const changed = relabelled(record);
      await fleet.go.register(asTold(changed), 60);
      expect(await watch.until("update", says("update", `${name}-a`))).toEqual({ type: "update", record: changed });
    }
    await fleet.go.deregister(told);
    await watch.until("delete", says("delete", `${name}-a`));
    await watch.stop();
  });

  it("that ours changes are told to go's watcher", async () => {
    const name = uniqueName("watched");
    const watch = await fleet.go.watch(name);
    const record = artificial(name, "1", "a");
    await ours.register(record, { ttlMs: 60_000 });
    expect(await watch.next()).toMatchObject({ Action: "create", Service: asTold(record) });
    if (registry === "etcd") {
      const changed = relabelled(record);
      await ours.register(changed, { ttlMs: 60_000 });
      expect(await watch.next()).toMatchObject({ Action: "update", Service: asTold(changed) });
    }
    await ours.deregister(record);
    // On mDNS a node is announced three times.
    const deleted = await eventually(async () => {
      const event = await watch.next();
      expect(event.Action).toBe("delete");
      return event;
    });
    expect(deleted.Service.nodes).toMatchObject([{ id: `${name}-a` }]);
    watch.stop();
  });

  it("of a go service that is stopped vanish for ours at once", async () => {
    const name = uniqueName("stopped");
    const leaving = await startGoPeer({ name, args: fleet.args });
    const watch = await watchOurs(ours, name);
    const id = await eventually(async () => nodeIdOf(await ours.getService(name)));
    await leaving.stop();
    await watch.until("delete", says("delete", id)); // its ttl is a minute
    await watch.stop();
    expect(await ours.getService(name)).toEqual([]);
  });

  it("of our service that is stopped vanish for go at once", async () => {
    const name = uniqueName("stopped");
    const watch = await fleet.go.watch(name);
    const leaving = await startOurPeer(name, fleet.args);
    expect(await watch.next()).toMatchObject({ Action: "create", Service: { name } });
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });
    await eventually(async () => expect(await watch.next()).toMatchObject({ Action: "delete", Service: { name } }));
    watch.stop();
  });
});

describe.skipIf(!available || !registries.includes("etcd"))("records in etcd alone", () => {
  let fleet: Fleet;
  let etcd: EtcdCluster;
  beforeAll(async () => {
    fleet = await startFleet("etcd");
    etcd = fleet.etcd as EtcdCluster;
  });
  afterAll(() => fleet?.close());

  it("are written by both under the same key with the same bytes", async () => {
    const name = uniqueName("bytes/with.slash");
    const record = artificial(name, "1", "a");
    const written = async (): Promise<string> => {
      const value = await etcd.etcdctl("get", "--prefix", `/micro/registry/${name.replace("/", "-")}/`);
      await etcd.etcdctl("del", "--prefix", "/micro/registry/interop.bytes");
      return value;
    };
    await fleet.go.register(asTold(record), 60);
    const byGo = await written();
    await fleet.ours.registry.register(record, { ttlMs: 60_000 });
    const byOurs = await written();
    await fleet.ours.registry.deregister(record);
    expect(byOurs).toBe(byGo);
    expect(decodeRecord(byGo.split("\n")[1] ?? "")).toEqual(record);
  });

  const shortLived = ["--register_ttl=3", "--register_interval=1"];

  it("of a go service that is killed vanish for ours after their ttl, in one event", async () => {
    const name = uniqueName("killed");
    const killed = await startGoPeer({ name, args: [...fleet.args, ...shortLived] });
    const watch = await watchOurs(fleet.ours.registry, name);
    const id = nodeIdOf(await fleet.ours.registry.getService(name));
    await killed.process.kill9();
    await watch.until("delete", says("delete", id), 30_000);
    expect(await fleet.ours.registry.getService(name)).toEqual([]);
    expect(watch.events.filter(({ type }) => type === "delete")).toHaveLength(1);
    await watch.stop();
  });

  it("of our service that is killed vanish for go after their ttl", async () => {
    const name = uniqueName("killed");
    const watch = await fleet.go.watch(name);
    const killed = await startOurPeer(name, [...fleet.args, ...shortLived]);
    expect(await watch.next()).toMatchObject({ Action: "create", Service: { name } });
    await killed.kill9();
    expect(await watch.next()).toMatchObject({ Action: "delete", Service: { name } });
    await expect(fleet.go.getService(name)).rejects.toThrow("not found");
    watch.stop();
  });

  it("are renewed by both without being written again", async () => {
    const name = uniqueName("renewed");
    await using _go = await startGoPeer({ name: `${name}.go`, args: [...fleet.args, ...shortLived] });
    await using _ours = await startOurPeer(`${name}.ts`, [...fleet.args, ...shortLived]);
    const versions = async (): Promise<unknown[]> => {
      const answer = await etcd.etcdctl("get", "--prefix", "-w", "json", `/micro/registry/${name}`);
      const { kvs } = JSON.parse(answer) as { kvs: { version: number; lease: number }[] };
      return kvs.map(({ version }) => version);
    };
    expect(await versions()).toEqual([1, 1]);
    // Twice the ttl has passed when a lease of that length, granted now, has gone twice over.
    for (let round = 0; round < 2; round++) await leaseGone(etcd, 3);
    expect(await versions()).toEqual([1, 1]);
  });
});

async function leaseGone(etcd: EtcdCluster, seconds: number): Promise<void> {
  const id = /lease (\w+) granted/.exec(await etcd.etcdctl("lease", "grant", String(seconds)))?.[1] ?? "";
  await eventually(
    async () => expect(await etcd.etcdctl("lease", "timetolive", id)).toContain("already expired"),
    30_000,
  );
}

function artificial(name: string, version: string, id: string): ServiceRecord {
  const value = { name: "Request", type: "Request", values: [{ name: "naïve <&>", type: "string", values: [] }] };
  return {
    name,
    version,
    metadata: {},
    endpoints: [{ name: "Peer.Echo", request: value, response: value, metadata: { stream: "true", a: "<b>" } }],
    nodes: [{ id: `${name}-${id}`, address: "127.0.0.1:9", metadata: { protocol: "grpc", zone: "ü" } }],
  };
}

function relabelled(record: ServiceRecord): ServiceRecord {
  const nodes = record.nodes.map((node) => ({ ...node, metadata: { ...node.metadata, zone: "other" } }));
  return { ...record, nodes };
}

function nodeIdOf(records: readonly ServiceRecord[]): string {
  const id = records[0]?.nodes[0]?.id;
  if (id === undefined) throw new Error("no node is registered yet");
  return id;
}
