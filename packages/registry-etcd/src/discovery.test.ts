import { status } from "@grpc/grpc-js";
import type { Logger } from "@micro/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "./address.ts";
import { type Candidates, candidates } from "./candidates.ts";
import type { EtcdCluster } from "./cluster.ts";
import { keepDiscovering } from "./discovery.ts";
import type { EtcdMember } from "./member.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("keepDiscovering", () => {
  it("asks when the cluster serves, and learns all members but those configured and those that learn", async () => {
    const { members, served, asked } = scene();
    expect(names(members)).toEqual(["a"]);
    await served();
    expect(names(members)).toEqual(["a", "b", "c"]);
    expect(asked).toEqual(["a memberList"]);
  });

  it("asks again every half minute, and at most every two seconds when the cluster comes and goes", async () => {
    const { served, asked } = scene();
    await served();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked).toHaveLength(2);
    for (let n = 0; n < 10; n++) await served();
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveLength(3);
  });

  it("puts the member that answered last: it is known already, under another name", async () => {
    const { members, cluster, served } = scene();
    cluster.answeredBy = "2";
    await served();
    expect(names(members)).toEqual(["a", "c", "b"]);
  });

  it("drops and disconnects members that are named no longer, and keeps the others", async () => {
    const { members, cluster, served, resets } = scene();
    await served();
    const [, b] = members.all;
    cluster.list = cluster.list.filter(({ ID }) => ID !== "3");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(names(members)).toEqual(["a", "b"]);
    expect(members.all[1]).toBe(b);
    expect(resets).toEqual(["c"]);
  });

  it("drops all members when another cluster answers at the configured address", async () => {
    const { members, cluster, served, resets } = scene();
    await served();
    const [, b] = members.all;
    cluster.id = "18";
    await vi.advanceTimersByTimeAsync(30_000);
    expect(names(members)).toEqual(["a", "b", "c"]);
    expect(members.all[1]).not.toBe(b);
    expect(resets).toEqual(["b", "c"]);
  });

  it("learns nothing of what has no cluster id", async () => {
    const { members, cluster, served } = scene();
    cluster.id = "0";
    await served();
    expect(names(members)).toEqual(["a"]);
  });

  it("goes on without a word when the question is refused", async () => {
    const { members, cluster, served, logger } = scene();
    cluster.failing.add("a");
    await served();
    expect(names(members)).toEqual(["a"]);
    expect(logger.debug).toHaveBeenCalledExactlyOnceWith("etcd at a did not name its members: permission denied");
    cluster.failing.clear();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(names(members)).toEqual(["a", "b", "c"]);
  });

  it("goes back to the configured member when that serves again", async () => {
    const { members, cluster, served, asked } = scene();
    await served();
    members.troubled(members.configured[0] as EtcdMember, { cause: "dead", leaderless: false });
    expect(members.current().address).toBe("b");
    cluster.failing.add("a");
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked).toEqual(["a memberList", "b status", "b memberList"]);
    expect(members.current().address).toBe("b");
    cluster.failing.clear();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(members.current().address).toBe("a");
  });

  it("asks no more when the registry is closed", async () => {
    const { served, asked, close } = scene();
    await served();
    close();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(1);
  });
});

interface FakeCluster {
  id: string;
  answeredBy: string;
  list: { ID: string; clientURLs: string[]; isLearner: boolean }[];
  /** Addresses of members that refuse to name the others. */
  readonly failing: Set<string>;
}

function scene() {
  const voter = (ID: string, name: string, isLearner = false) => ({
    ID,
    clientURLs: [`http://${name}:2379`],
    isLearner,
  });
  const cluster: FakeCluster = {
    id: "17",
    answeredBy: "1",
    list: [voter("1", "a"), voter("2", "b"), voter("3", "c"), voter("4", "d", true)],
    failing: new Set(),
  };
  const asked: string[] = [];
  const resets: string[] = [];
  const connect = (name: string): EtcdMember => {
    const member = {
      address: name,
      connected: true,
      generation: 0,
      ready: () => Promise.resolve(),
      async unary(method: string) {
        asked.push(`${name} ${method}`);
        if (method === "memberList" && cluster.failing.has(name))
          throw Object.assign(new Error(), { code: status.PERMISSION_DENIED, details: "permission denied" });
        return { header: { cluster_id: cluster.id, member_id: cluster.answeredBy }, members: cluster.list };
      },
      tie: () => true,
      reset: () => void resets.push(name),
    };
    return member as unknown as EtcdMember;
  };
  const closing = new AbortController();
  const logger = { debug: vi.fn(), warn: vi.fn() };
  const members = candidates([connect("a")], 0, Date.now);
  let onServing: () => void = () => undefined;
  const served = async (): Promise<void> => {
    onServing();
    await vi.advanceTimersByTimeAsync(0);
  };
  vi.spyOn(Math, "random").mockReturnValue(0);
  keepDiscovering(
    {
      closing: closing.signal,
      current: members.current,
      metadata: (member: EtcdMember, ms: number) => member.ready(ms),
      onServing(callback: () => void) {
        onServing = callback;
      },
    } as unknown as EtcdCluster,
    members,
    {
      rules: { configured: [parseAddress("a")], secure: false },
      connect: (address) => connect(address.target.replace(":2379", "")),
      logger: logger as unknown as Logger,
    },
  );
  return { members, cluster, asked, resets, served, logger, close: () => closing.abort() };
}

function names(members: Candidates): string[] {
  return members.all.map((member) => member.address);
}
