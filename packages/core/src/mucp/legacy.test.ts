import { afterEach, describe, expect, it } from "vitest";
import type { EndpointPlan } from "../client/client.ts";
import { createClient } from "../client/create-client.ts";
import { memoryRegistry } from "../registry/memory.ts";
import { registrySelector } from "../selector/registry-selector.ts";
import { Debug } from "../service/gen/debug.ts";
import { memoryTransport } from "../transport/memory.ts";
import { closeStack } from "../words/lifecycle.ts";
import { legacyMucpProtocol, mucpProtocol } from "./mucp.ts";

const types = { request: Debug.methods.log.request, response: Debug.methods.stats.response };
const big = 9_007_199_254_740_993n;

describe("JSON that a caller asks for", () => {
  const open = closeStack();
  afterEach(() => open.close());

  it.each([
    [
      "go-micro v0 and v1, which do not say what they speak, as plain JSON with numbers",
      {},
      "application/json-rpc",
      `{"method":"Say.Hello","params":[{"count":${big}}],"id":"0"}\n`,
      `{"id":"0","result":{"uptime":${big}},"error":null}\n`,
    ],
    [
      "others as JSON of protobuf",
      { protocol: "mucp" },
      "application/json",
      `{"count":"${big}"}\n`,
      `{"uptime":"${big}"}`,
    ],
  ])("goes to nodes of %s", async (_who, metadata, contentType, asked, answered) => {
    const transport = memoryTransport();
    const seen: string[] = [];
    const listener = open.use(
      await transport.listen("127.0.0.1:0", (socket) => {
        void socket.receive().then((message) => {
          seen.push(String(message?.headers["content-type"]), Buffer.from(message?.body ?? []).toString());
          const headers = { "content-type": contentType, "micro-id": "0" };
          return socket.send({ headers, body: Buffer.from(answered) });
        });
      }),
    );
    const registry = open.use(memoryRegistry());
    const node = { id: "old-1", address: listener.address, metadata };
    await registry.register({ name: "old", version: "1", metadata: {}, endpoints: [], nodes: [node] });
    const selector = open.use(registrySelector({ registry }));
    const protocols = [mucpProtocol({ transport }), legacyMucpProtocol({ transport })];
    const client = open.use(createClient({ selector, protocols }));
    const plan: EndpointPlan = { service: "old", endpoint: "Say.Hello", contentType: "application/json", ...types };
    expect(await client.prepare(plan)({ count: big })).toMatchObject({ uptime: big });
    expect(seen).toEqual([contentType, asked]);
  });

  it("streams so too", async () => {
    const transport = memoryTransport();
    const seen: string[] = [];
    const listener = open.use(
      await transport.listen("127.0.0.1:0", async (socket) => {
        for (let message = await socket.receive(); message; message = await socket.receive()) {
          seen.push(Buffer.from(message.body).toString());
          if (seen.length === 2) socket.close();
        }
      }),
    );
    const registry = open.use(memoryRegistry());
    const node = { id: "old-1", address: listener.address, metadata: {} };
    await registry.register({ name: "old", version: "1", metadata: {}, endpoints: [], nodes: [node] });
    const selector = open.use(registrySelector({ registry }));
    const client = open.use(createClient({ selector, protocols: [legacyMucpProtocol({ transport })] }));
    const plan: EndpointPlan = { service: "old", endpoint: "Say.Hello", contentType: "application/json", ...types };
    async function* one() {
      yield { count: big };
    }
    const replies = client.prepareStream(plan)(one(), { retries: 0 })[Symbol.asyncIterator]();
    await expect(replies.next()).rejects.toMatchObject({ code: 503 });
    expect(seen[1]).toBe(`{"method":"Say.Hello","params":[{"count":${big}}],"id":"0"}\n`);
  });
});
