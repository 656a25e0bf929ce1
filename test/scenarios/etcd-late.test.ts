import { etcdServer, requireServer, startEtcd } from "@micro/testbed";
import { describe, expect, it } from "vitest";
import { startProgram } from "./programs.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("a service whose etcd is not there at its start", () => {
  it("says which address refused and why, keeps trying, and registers when etcd appears", async () => {
    await using etcd = await startEtcd();
    const [member] = etcd.members;
    await member?.stop();
    await using service = await startProgram("user-srv", ["--registry=etcd", `--registry_address=${member?.address}`]);
    const complaint = await service.waitForLine(/level=error/);
    expect(complaint).toContain(member?.address);
    expect(complaint).toMatch(/ECONNREFUSED/);
    expect(service.output()).toContain("Server [grpc] Listening on");
    expect(service.output()).not.toContain("Registering node");
    await member?.start();
    await service.waitForLine(/Registering node/, { timeoutMs: 30_000 });
    const keys = await etcd.etcdctl("get", "--prefix", "--keys-only", "/micro/registry/go.micro.srv.user/");
    expect(keys.trim().split("\n")).toHaveLength(1);
  });
});
