import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireServer } from "../src/debian.ts";
import { type EtcdCluster, etcdServer, startEtcd } from "../src/etcd.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("startEtcd", () => {
  let cluster: EtcdCluster;
  beforeAll(async () => {
    cluster = await startEtcd({ members: 3 });
  }, 60_000);
  afterAll(() => cluster?.close());

  it("gives a cluster whose members know each other", async () => {
    const members = await cluster.etcdctl("member", "list");
    expect(members.trim().split("\n")).toHaveLength(3);
    expect(new Set(cluster.addresses).size).toBe(3);
  });

  it("keeps a member's data and port when it is killed and started again", async () => {
    await cluster.etcdctl("put", "color", "green");
    const [first] = cluster.members;
    const { address, pid } = first ?? { address: "", pid: 0 };
    await first?.kill9();
    expect(first?.running).toBe(false);
    expect(await cluster.etcdctl("get", "color", "--print-value-only")).toBe("green\n");
    await first?.start();
    expect(first?.pid).not.toBe(pid);
    expect(first?.address).toBe(address);
    expect(await cluster.etcdctl("get", "color", "--print-value-only")).toBe("green\n");
  }, 60_000);

  it("asks a member that is not frozen", async () => {
    const [first, second] = cluster.members;
    first?.freeze();
    try {
      expect([first?.frozen, second?.frozen]).toEqual([true, false]);
      // Answered without the others, since the frozen one may be their leader.
      expect(await cluster.etcdctl("get", "--consistency=s", "color", "--print-value-only")).toBe("green\n");
    } finally {
      first?.thaw();
    }
    expect(first?.frozen).toBe(false);
    first?.freeze();
    await first?.kill9();
    await first?.start();
    expect(first?.frozen).toBe(false);
  }, 60_000);

  it("knows its leader, and the next one when that is frozen", async () => {
    const former = await cluster.leader();
    former.freeze();
    try {
      const others = cluster.members.filter((member) => member !== former);
      await expect.poll(() => cluster.leader(), { timeout: 20_000 }).toBeOneOf(others);
    } finally {
      former.thaw();
    }
  }, 60_000);

  it("lets members tell clients of other addresses than their own", async () => {
    await using other = await startEtcd({ advertise: (address) => address.replace("127.0.0.1", "etcd.example") });
    const [, port] = other.addresses[0]?.split(":") ?? [];
    expect(await other.etcdctl("member", "list")).toContain(`http://etcd.example:${port}`);
  }, 60_000);
});
