import { setTimeout as sleep } from "node:timers/promises";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { follow, keepingLogger, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
const patience = { timeout: 10_000, interval: 20 };

describe.skipIf(!available)("what etcdRegistry keeps in etcd", { timeout: 60_000 }, () => {
  let one: Rig;
  beforeAll(async () => {
    one = await rig();
  }, 60_000);
  afterAll(() => one?.close());

  it("is go-micro's JSON under go-micro's key, one key a node", async () => {
    await one.open().register(
      {
        name: "go/micro.srv.greeter",
        version: "latest",
        metadata: {},
        endpoints: [
          {
            name: "Greeter.Hello",
            request: { name: "Request", type: "Request", values: [{ name: "name", type: "string", values: [] }] },
            response: undefined,
            metadata: { stream: "true" },
          },
        ],
        nodes: [
          { id: "go/micro.srv.greeter-1", address: "10.0.0.5:43211", metadata: { server: "grpc", protocol: "grpc" } },
          { id: "go/micro.srv.greeter-2", address: "[::1]:43211", metadata: {} },
        ],
      },
      { ttlMs: 60_000 },
    );
    expect(await one.keys("/micro/registry/go-")).toEqual([
      "/micro/registry/go-micro.srv.greeter/go-micro.srv.greeter-1",
      "/micro/registry/go-micro.srv.greeter/go-micro.srv.greeter-2",
    ]);
    expect((await one.get("/micro/registry/go-micro.srv.greeter/go-micro.srv.greeter-1"))?.value).toBe(
      '{"name":"go/micro.srv.greeter","version":"latest","metadata":null,"endpoints":[{"name":"Greeter.Hello",' +
        '"request":{"name":"Request","type":"Request","values":[{"name":"name","type":"string","values":null}]},' +
        '"response":null,"metadata":{"stream":"true"}}],"nodes":[{"id":"go/micro.srv.greeter-1",' +
        '"address":"10.0.0.5:43211","metadata":{"protocol":"grpc","server":"grpc"}}]}',
    );
  });

  it("is written one key a request, since Go readers see only the first of several", async () => {
    const before = await one.revision();
    const nodes = ["many-1", "many-2", "many-3"].map((id) => ({ id, address: "10.0.0.5:1", metadata: {} }));
    await one.open().register(recordOf("many", "", { nodes }));
    // All puts of one transaction would share a revision.
    expect(await one.revision()).toBe(before + 3);
  });

  it("does not change when the same is registered again", async () => {
    const registry = one.open();
    await registry.register(recordOf("same", "same-1"), { ttlMs: 30_000 });
    const before = await one.revision();
    await registry.register(recordOf("same", "same-1"), { ttlMs: 30_000 });
    expect(await one.revision()).toBe(before);
  });

  it("is rewritten when only version or endpoints have changed", async () => {
    const registry = one.open();
    await registry.register(recordOf("changing", "changing-1"), { ttlMs: 30_000 });
    await registry.register(recordOf("changing", "changing-1", { version: "2" }), { ttlMs: 30_000 });
    const endpoint = { name: "A.B", request: undefined, response: undefined, metadata: {} };
    const record = recordOf("changing", "changing-1", { version: "2", endpoints: [endpoint] });
    await registry.register(record, { ttlMs: 30_000 });
    expect(await registry.getService("changing")).toMatchObject([{ version: "2", endpoints: [{ name: "A.B" }] }]);
  });

  it("hangs on one lease a time to live, which goes with the last node", async () => {
    const registry = one.open();
    const before = await one.leases();
    const added = async (): Promise<number> => (await one.leases()).filter((id) => !before.includes(id)).length;
    await registry.register(recordOf("leased", "leased-1"), { ttlMs: 20_000 });
    await registry.register(recordOf("leased", "leased-2"), { ttlMs: 19_500 }); // etcd counts whole seconds
    expect(await added()).toBe(1);
    await registry.register(recordOf("leased", "leased-3"), { ttlMs: 40_000 });
    expect(await added()).toBe(2);
    await registry.deregister(recordOf("leased", "leased-1"));
    expect(await added()).toBe(2);
    await registry.register(recordOf("leased", "leased-2"), { ttlMs: 40_000 });
    expect(await added()).toBe(1);
    await registry.register(recordOf("leased", "leased-2"));
    await registry.deregister(recordOf("leased", "leased-3"));
    expect(await added()).toBe(0);
    expect((await one.get("/micro/registry/leased/leased-2"))?.lease).toBe("0");
    expect(await one.keys("/micro/registry/leased/")).toEqual(["/micro/registry/leased/leased-2"]);
  });

  it("stays while its registry is open, without being registered again", async () => {
    await one.open().register(recordOf("staying", "staying-1"), { ttlMs: 2_000 });
    const before = await one.get("/micro/registry/staying/staying-1");
    await sleep(4_500); // twice what it has to live
    expect(await one.get("/micro/registry/staying/staying-1")).toEqual(before);
  });

  it("outlives its registry by no more than its time to live", async () => {
    const registry = one.open();
    await registry.register(recordOf("orphan", "orphan-1"), { ttlMs: 2_000 });
    await registry.close();
    expect(await one.keys("/micro/registry/orphan/")).toHaveLength(1);
    await expect.poll(() => one.keys("/micro/registry/orphan/"), patience).toEqual([]);
  });

  it("is read with what Go writes, and without what nobody can read, of which the log tells once", async () => {
    const logger = keepingLogger();
    const registry = one.open({ logger });
    const go =
      '{"name":"mixed","version":"v1","metadata":null,"endpoints":null,"nodes":[{"id":"g","address":"h:1","metadata":null}]}';
    await one.cluster.etcdctl("put", "/micro/registry/mixed/g", go);
    await one.cluster.etcdctl("put", "/micro/registry/mixed/junk", "no json");
    const follower = await follow(registry, { service: "mixed" });
    for (let n = 0; n < 2; n++) {
      expect(await registry.getService("mixed")).toEqual([
        {
          name: "mixed",
          version: "v1",
          metadata: {},
          endpoints: [],
          nodes: [{ id: "g", address: "h:1", metadata: {} }],
        },
      ]);
    }
    expect([...follower.ids]).toEqual(["g"]);
    // A readable record that is overwritten with junk is gone.
    await one.cluster.etcdctl("put", "/micro/registry/mixed/g", "{}");
    await expect.poll(() => follower.told, patience).toEqual(["sync", "delete g"]);
    expect(logger.lines).toEqual([
      expect.stringMatching(/^warn skipping \/micro\/registry\/mixed\/junk, which holds no record: not JSON/),
      expect.stringMatching(/^warn skipping \/micro\/registry\/mixed\/g, which holds no record: name: /),
    ]);
  });

  it("is not mixed up between names that share a key", async () => {
    const registry = one.open();
    await registry.register(recordOf("a/b", "slash-1"));
    await registry.register(recordOf("a-b", "dash-1"));
    const follower = await follow(registry, { service: "a/b" });
    expect([...follower.ids]).toEqual(["slash-1"]);
    expect(await registry.getService("a-b")).toMatchObject([{ name: "a-b", nodes: [{ id: "dash-1" }] }]);
  });

  it("moves a node from one version to another for those who watch", async () => {
    const registry = one.open();
    await registry.register(recordOf("moving", "moving-1", { version: "1" }));
    const follower = await follow(one.open(), { service: "moving" });
    await registry.register(recordOf("moving", "moving-1", { version: "2" }));
    await expect.poll(() => follower.told, patience).toEqual(["sync", "delete moving-1", "create moving-1"]);
    expect(follower.events.slice(1)).toMatchObject([{ record: { version: "1" } }, { record: { version: "2" } }]);
  });

  it("is no news to those who watch when it is only written again", async () => {
    const registry = one.open();
    await registry.register(recordOf("again", "again-1"));
    const follower = await follow(registry, { service: "again" });
    const { value } = (await one.get("/micro/registry/again/again-1")) ?? { value: "" };
    await one.cluster.etcdctl("put", "/micro/registry/again/again-1", value);
    await registry.register(recordOf("again", "again-2"));
    await expect.poll(() => follower.told, patience).toEqual(["sync", "create again-2"]);
  });

  it("is read whole when it takes several pages", async () => {
    const registry = one.open({ timeoutMs: 30_000 });
    const nodes = Array.from({ length: 2_500 }, (_, n) => ({ id: `page-${n}`, address: "10.0.0.5:1", metadata: {} }));
    await registry.register(recordOf("paged", "", { nodes }), { ttlMs: 60_000 });
    const [record] = await one.open().getService("paged");
    expect(new Set(record?.nodes.map((node) => node.id)).size).toBe(2_500);
    const follower = await follow(one.open(), { service: "paged" });
    expect(follower.ids.size).toBe(2_500);
  });

  it("refuses names that no key can be made of", async () => {
    const registry = one.open();
    for (const name of ["", ".", ".."]) {
      await expect(registry.register(recordOf(name, "n-1"))).rejects.toMatchObject({ code: 400 });
      await expect(registry.register(recordOf("s", name))).rejects.toMatchObject({ code: 400 });
    }
    await expect(registry.register(recordOf("s", "", { nodes: [] }))).rejects.toMatchObject({ code: 400 });
  });
});
