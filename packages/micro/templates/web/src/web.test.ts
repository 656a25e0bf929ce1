import assert from "node:assert/strict";
import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { createService, type Service } from "@micro/core";
import { createWeb, listen } from "./web.ts";

const inProcess = { argv: ["--registry=memory", "--log_level=error"], env: {} };

describe("__fqdn__", () => {
  let service: Service;
  let web: Server;
  let url: string;

  before(async () => {
    service = createService({ name: "__fqdn__", ...inProcess });
    web = createWeb(service.rawClient);
    url = `http://127.0.0.1:${(await listen(web, "127.0.0.1:0")).port}`;
  });

  after(async () => {
    web.closeAllConnections();
    web.close();
    await service.close();
  });

  const call = (body: string) => fetch(`${url}/__alias__/call`, { method: "POST", body });

  it("serves its page", async () => {
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<h1>__alias__<\/h1>/);
  });

  it("answers 400 without a name", async () => {
    assert.equal((await call("{}")).status, 400);
    assert.equal((await call("nonsense")).status, 400);
  });

  it("passes on what asking the service failed of", async () => {
    const reply = await call('{"name":"Ann"}');
    assert.equal(reply.status, 404);
    assert.match(await reply.text(), /service __backend__ not found/);
  });
});
