import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createService, type Service } from "@micro/core";
import { create__Alias__Api } from "./api.ts";
import { __Alias__ } from "./gen/__alias__.ts";
import { __Alias__ as Backend } from "./gen/imports/backend.ts";

const inProcess = {
  argv: ["--registry=memory", "--server_address=127.0.0.1:0", "--log_level=error"],
  env: {},
  noticeMs: 0,
};

describe("__fqdn__", () => {
  let backend: Service;
  let api: Service;

  before(async () => {
    backend = createService({ name: "__backend__", ...inProcess });
    backend.handle(Backend, { call: ({ name }) => ({ msg: `Hello ${name}` }) });
    await backend.start();
    api = create__Alias__Api(inProcess);
    await api.start();
  });

  after(async () => {
    await api.close();
    await backend.close();
  });

  const call = (query: Record<string, string>) => {
    const pairs = Object.entries(query).map(([key, value]) => [key, { key, values: [value] }]);
    return api.client(__Alias__, "__fqdn__").call({ method: "GET", get: Object.fromEntries(pairs) });
  };

  it("answers with what the service says", async () => {
    const { statusCode, body } = await call({ name: "Ann" });
    assert.equal(statusCode, 200);
    assert.deepEqual(JSON.parse(body), { msg: "Hello Ann" });
  });

  it("answers 400 without a name", async () => {
    await assert.rejects(call({}), { code: 400, detail: "name cannot be blank" });
  });
});
