import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createService, type Service } from "@micro/core";
import { __Alias__ } from "./gen/__alias__.ts";
import { create__Alias__ } from "./service.ts";

const inProcess = {
  argv: ["--registry=memory", "--broker=memory", "--server_address=127.0.0.1:0", "--log_level=error"],
  env: {},
  noticeMs: 0,
};

describe("__fqdn__", () => {
  let service: Service;
  let caller: Service;

  before(async () => {
    service = create__Alias__(inProcess);
    await service.start();
    caller = createService({ name: "go.micro.test", ...inProcess });
  });

  after(async () => {
    await caller.close();
    await service.close();
  });

  it("greets by name", async () => {
    const { msg } = await caller.client(__Alias__, "__fqdn__").call({ name: "Ann" });
    assert.equal(msg, "Hello Ann");
  });

  it("answers 400 without a name", async () => {
    await assert.rejects(caller.client(__Alias__, "__fqdn__").call({}), { code: 400, detail: "name cannot be blank" });
  });

  it("streams as many replies as it is asked for", async () => {
    const counts: bigint[] = [];
    for await (const { count } of caller.client(__Alias__, "__fqdn__").stream({ count: 3n })) counts.push(count);
    assert.deepEqual(counts, [0n, 1n, 2n]);
  });

  it("plays ping-pong", async () => {
    async function* pings() {
      yield { stroke: 1n };
      yield { stroke: 2n };
    }
    const strokes: bigint[] = [];
    for await (const { stroke } of caller.client(__Alias__, "__fqdn__").pingPong(pings())) strokes.push(stroke);
    assert.deepEqual(strokes, [1n, 2n]);
  });
});
