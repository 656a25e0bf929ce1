import assert from "node:assert/strict";
import { it } from "node:test";
import { createService } from "@micro/core";
import { create__Alias__ } from "./function.ts";
import { __Alias__ } from "./gen/__alias__.ts";

const inProcess = {
  argv: ["--registry=memory", "--server_address=127.0.0.1:0", "--log_level=error"],
  env: {},
  noticeMs: 0,
};

it("answers one call, and is done", async () => {
  const { service, answered } = create__Alias__(inProcess);
  await service.start();
  const caller = createService({ name: "go.micro.test", ...inProcess });
  try {
    const { msg } = await caller.client(__Alias__, "__fqdn__").call({ name: "Ann" });
    assert.equal(msg, "Hello Ann");
    await answered;
  } finally {
    await caller.close();
    await service.close();
  }
});
