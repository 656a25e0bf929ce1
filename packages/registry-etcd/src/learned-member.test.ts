import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import { learnedMember } from "./learned-member.ts";
import type { EtcdMember } from "./member.ts";

const token = new Metadata();
token.set("token", "secret");
const unavailable = { code: status.UNAVAILABLE };

describe("learnedMember", () => {
  it("asks for nothing but the cluster, and without a token, until the cluster is proven", async () => {
    const { member, asked } = scene();
    await expect(member.unary("range", {}, token, 1_000)).rejects.toMatchObject(unavailable);
    expect(() => member.stream("watch", token)).toThrow("has to prove");
    expect(asked).toEqual([]);
    await Promise.all([member.ready(1_000), member.ready(1_000)]);
    expect(asked).toEqual(["status {}"]);
    await member.unary("range", {}, token, 1_000);
    expect(asked).toEqual(["status {}", 'range {"token":["secret"]}']);
  });

  it("asks for the cluster again on each connection", async () => {
    const { member, asked, breakConnection } = scene();
    await member.ready(1_000);
    await member.ready(1_000);
    expect(asked).toHaveLength(1);
    breakConnection();
    await expect(member.unary("range", {}, token, 1_000)).rejects.toMatchObject(unavailable);
    await member.ready(1_000);
    expect(asked).toHaveLength(2);
    member.reset();
    await expect(member.unary("range", {}, token, 1_000)).rejects.toMatchObject(unavailable);
  });

  it("refuses a member of another cluster, and what names none", async () => {
    for (const header of [{ cluster_id: "18" }, null]) {
      const { member, asked, onForeign } = scene({ header });
      await expect(member.ready(1_000)).rejects.toMatchObject(unavailable);
      expect(onForeign.mock.calls).toEqual([[header?.cluster_id ?? "0"]]);
      await expect(member.unary("range", {}, token, 1_000)).rejects.toMatchObject(unavailable);
      expect(asked).toEqual(["status {}"]);
    }
  });

  it("is no refusal of what was asked when the question for the cluster is refused", async () => {
    const refusal = Object.assign(new Error(), { code: status.UNIMPLEMENTED, details: "unknown service" });
    const { member, onForeign } = scene({ refusal });
    await expect(member.ready(1_000)).rejects.toMatchObject({ ...unavailable, details: /unknown service/ });
    expect(onForeign).not.toHaveBeenCalled();
  });

  it("does not take a connection as proven that broke meanwhile", async () => {
    const { member } = scene({ breaksMeanwhile: true });
    await expect(member.ready(1_000)).rejects.toMatchObject(unavailable);
    await expect(member.unary("range", {}, token, 1_000)).rejects.toMatchObject(unavailable);
  });
});

interface Answer {
  header?: { cluster_id: string } | null;
  refusal?: Error;
  breaksMeanwhile?: boolean;
}

function scene({ header = { cluster_id: "17" }, refusal, breaksMeanwhile = false }: Answer = {}) {
  const asked: string[] = [];
  let lost: () => void = () => undefined;
  const onForeign = vi.fn();
  const inner = {
    address: "etcd-2",
    connected: true,
    generation: 0,
    ready: () => Promise.resolve(),
    async unary(method: string, _request: object, metadata: Metadata) {
      asked.push(`${method} ${JSON.stringify(metadata.toJSON())}`);
      if (method === "status" && refusal) throw refusal;
      return { header };
    },
    stream: vi.fn(),
    tie(onLost: () => void) {
      lost = onLost;
      return !breaksMeanwhile;
    },
    reset: vi.fn(),
  };
  const member = learnedMember(inner as unknown as EtcdMember, "17", onForeign);
  return { member, asked, onForeign, breakConnection: () => lost() };
}
