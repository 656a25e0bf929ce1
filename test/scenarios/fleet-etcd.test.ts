import {
  type EtcdCluster,
  etcdServer,
  freePort,
  type Load,
  type RunningProcess,
  requireServer,
  startEtcd,
  type Tally,
} from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get } from "./http.ts";
import { startLoad } from "./load.ts";
import { sampleAnswer, samplePath, startGateway, startProgram } from "./programs.ts";

const callsPerSecond = 100;
const available = await requireServer(etcdServer);

describe.skipIf(!available)("three user-srv on three etcd members, under load", () => {
  let etcd: EtcdCluster;
  let url: string;
  const copies: RunningProcess[] = [];
  const others: RunningProcess[] = [];

  beforeAll(async () => {
    etcd = await startEtcd({ members: 3 });
    for (let member = 0; member < 3; member++) copies.push(await startCopy(member));
    const all = ["--registry=etcd", `--registry_address=${etcd.addresses.join(",")}`];
    const api = await startProgram("user-api", [...all, ...registerTimes]);
    others.push(api);
    await api.waitForLine(/Registering node/);
    const port = await freePort();
    url = `http://127.0.0.1:${port}${samplePath}`;
    others.push(await startGateway(port, all));
  });

  afterAll(async () => {
    for (const each of [...others.reverse(), ...copies]) await each.stop();
    await etcd?.close();
  });

  it("goes round the three copies in turn", async () => {
    await get(url); // the first call finds them
    const before = copies.map(served);
    for (let call = 0; call < 30; call++) expect(await get(url)).toEqual({ status: 200, body: sampleAnswer });
    await eventually(() =>
      expect(copies.map((copy, index) => served(copy) - (before[index] ?? 0))).toEqual([10, 10, 10]),
    );
  });

  it("loses no call when a copy is stopped by SIGTERM and another is started", async () => {
    const tally = await underLoad("SIGTERM of a copy", async (load) => {
      const leaving = copies[0] as RunningProcess;
      process.kill(leaving.pid, "SIGTERM");
      expect(await leaving.exited).toEqual({ code: 0, signal: null });
      copies[0] = await startCopy(0);
      await load.madeMore(callsPerSecond);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
    const before = copies.map(served);
    for (let call = 0; call < 30; call++) await get(url);
    await eventually(() =>
      expect(copies.map((copy, index) => served(copy) - (before[index] ?? 0))).toEqual([10, 10, 10]),
    );
  });

  it("loses no call when a copy is killed, and forgets it after its ttl", async () => {
    const tally = await underLoad("kill -9 of a copy", async (load) => {
      const killed = copies[1] as RunningProcess;
      process.kill(killed.pid, "SIGKILL");
      await killed.exited;
      await load.madeMore(2 * callsPerSecond);
      await eventually(async () => expect(await registered()).toHaveLength(2));
      copies[1] = await startCopy(1);
      await load.madeMore(callsPerSecond);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  it("loses no call and no registration when an etcd member is killed and comes back", async () => {
    const tally = await underLoad("kill -9 of an etcd member", async (load) => {
      const before = await registered();
      await etcd.members[0]?.kill9();
      await load.madeMore(8 * callsPerSecond); // longer than the ttl of a registration
      expect(await registered()).toEqual(before);
      await etcd.members[0]?.start();
      await load.madeMore(callsPerSecond);
      expect(await registered()).toEqual(before);
      expect(before).toHaveLength(3);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  it("loses no call and no registration while the leader of etcd is frozen for 20 s", async () => {
    const tally = await underLoad("SIGSTOP of the leader of etcd for 20 s", async (load) => {
      const before = await registered();
      const leader = await etcd.leader(); // the only member that one of the copies was told of
      leader.freeze();
      await load.madeMore(20 * callsPerSecond);
      expect(await registered()).toEqual(before);
      leader.thaw();
      await load.madeMore(callsPerSecond);
      expect(await registered()).toEqual(before);
      expect(before).toHaveLength(3);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  it("goes on while all of etcd is down for a minute, and registers everyone again", async () => {
    const tally = await underLoad("all of etcd down for 60 s", async (load) => {
      await Promise.all(etcd.members.map((member) => member.stop()));
      await load.madeMore(60 * callsPerSecond);
      await Promise.all(etcd.members.map((member) => member.start()));
      await eventually(async () => expect(await registered()).toHaveLength(3));
      await load.madeMore(callsPerSecond);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  // Short enough that each fault outlasts a registration which is not renewed.
  const registerTimes = ["--register_ttl=6", "--register_interval=2"];

  async function startCopy(member: number): Promise<RunningProcess> {
    const copy = await startProgram("user-srv", [
      "--registry=etcd",
      `--registry_address=${etcd.addresses[member]}`,
      ...registerTimes,
    ]);
    await copy.waitForLine(/Registering node/);
    return copy;
  }

  async function underLoad(what: string, faults: (load: Load) => Promise<void>): Promise<Tally> {
    const load = startLoad(url, sampleAnswer, callsPerSecond);
    try {
      await load.madeMore(callsPerSecond);
      await faults(load);
    } finally {
      const { made, failed } = await load.stop();
      console.log(`${what}: ${made} calls made, ${failed} failed`);
    }
    return load.tally;
  }

  /** The keys of the copies, each with the revision that made it: another one if it was gone meanwhile. */
  async function registered(): Promise<string[]> {
    const found = await etcd.etcdctl("get", "--prefix", "-w", "fields", "/micro/registry/go.micro.srv.user/");
    const keys = [...found.matchAll(/^"Key" : "(.*)"\n"CreateRevision" : (\d+)$/gm)];
    return keys.map(([, key, revision]) => `${key} since ${revision}`);
  }
});

function served(copy: RunningProcess): number {
  return copy.output().split("Received User.QueryUserByName request").length - 1;
}

async function eventually(check: () => void | Promise<void>): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      return await check();
    } catch (reason) {
      if (Date.now() > end) throw reason;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
