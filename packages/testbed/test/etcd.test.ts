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
});
