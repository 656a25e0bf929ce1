import { type EtcdCluster, etcdServer, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { registryArgs } from "./fleet.ts";
import { type GoPeer, requireGo, startGoPeer } from "./go-peer.ts";
import { Failure } from "./src/gen/peer.ts";
import { endOfCall, headerSink } from "./wire.ts";

const available = (await requireServer(etcdServer)) && (await requireGo());

/**
 * What go-micro puts on the wire, kept in `vectors/` for tests that run without Go: those of `packages/core` read it.
 * Here the same is recorded again and has to be what is kept; `vitest -u` keeps what is new.
 */
describe.skipIf(!available)("what go-micro v2.9.1 writes", () => {
  let etcd: EtcdCluster;
  let go: GoPeer;
  const name = "interop.vectors";

  beforeAll(async () => {
    etcd = await startEtcd();
    const identity = ["--server_id=6ba7b810-9dad-11d1-80b4-00c04fd430c8", "--server_advertise=192.0.2.1:4711"];
    const metadata = ["--server_metadata=zone=eu-1", "--server_metadata=note=naïve <&>"];
    go = await startGoPeer({ name, args: [...registryArgs("etcd", etcd.addresses), ...identity, ...metadata] });
  });
  afterAll(async () => {
    await go?.stop();
    await etcd?.close();
  });

  it("as the end of a call that failed", async () => {
    const errors = [];
    for (const code of [400, 401, 403, 404, 405, 408, 409, 412, 429, 500, 501, 503, 10_001, -1]) {
      errors.push({ manner: "error", id: "greeter", code, detail: 'naïve ✓ <>&%41 "quoted"\n\u2028' });
    }
    errors.push({ manner: "error", id: "", code: 409, detail: "" });
    errors.push({ manner: "plain", detail: "naïve <>&%41" }, { manner: "panic", detail: "naïve <>&%41" });
    const recorded = [];
    for (const failure of errors) {
      const fields = await endOfCall(go.address, `/${name}.Peer/Fail`, Failure.encode(failure));
      recorded.push({ ...failure, fields: only(fields, /^grpc-/) });
    }
    await keep("errors", recorded);
  });

  it("as the headers of a call", async () => {
    const sink = await headerSink();
    const order = { service: "go.micro.srv.greeter", endpoint: "Peer.Nothing", address: [sink.address] };
    const recorded = [];
    for (const contentType of ["application/grpc+proto", "application/json", "application/protobuf"]) {
      const metadata = { "X-Plain": "a b", traceId: "t", Authorization: "Bearer abc", "Token-Bin": "\u0001ab" };
      for (const given of [{}, metadata]) {
        expect((await go.call({ ...order, contentType, metadata: given })).error).toBeUndefined();
        const fields = only(sink.seen.at(-1) ?? {}, /./);
        const variable = { ":authority": "127.0.0.1:1", "grpc-timeout": "4999000u" };
        const ids = { "micro-trace-id": "a UUID", "micro-span-id": "a UUID" };
        expect(fields).toMatchObject({ "grpc-timeout": expect.stringMatching(/^\d+[mun]$/) });
        recorded.push({ contentType, metadata: given, fields: { ...fields, ...variable, ...ids } });
      }
    }
    await sink.close();
    await keep("headers", recorded);
  });

  it("as the record of a service in etcd", async () => {
    const text = await eventually(async () => {
      const [key = "", value = ""] = (await etcd.etcdctl("get", "--prefix", `/micro/registry/${name}/`)).split("\n");
      expect(value).not.toBe("");
      return { key, value };
    });
    await keep("record", text);
  });
});

function only(fields: object, wanted: RegExp): Record<string, string> {
  const entries = Object.entries(fields).filter(([name]) => wanted.test(name));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, String(value)]));
}

async function keep(name: string, recorded: unknown): Promise<void> {
  await expect(`${JSON.stringify(recorded, null, 2)}\n`).toMatchFileSnapshot(`vectors/${name}.json`);
}
