import {
  type Client,
  createClient,
  createServer,
  grpcJs,
  memoryRegistry,
  registrySelector,
  type Server,
} from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";
import { ofConnection } from "./headers.ts";
import { Peer } from "./src/gen/peer.ts";
import { plainHandlers } from "./src/peer.ts";

const available = await requireGo();

describe.skipIf(!available)("the gRPC engine on grpc-js, by address", () => {
  let fleet: Fleet;
  let server: Server;
  let client: Client;
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });

  beforeAll(async () => {
    fleet = await startFleet("mdns");
    server = createServer({ name: "interop.grpc-js", address: "127.0.0.1:0", protocols: [grpcJs] });
    server.handle(Peer, { ...plainHandlers(), relay: () => ({}) });
    await server.start();
    client = createClient({ selector, protocols: [grpcJs] });
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
    await selector.close();
    await registry.close();
    await fleet?.close();
  });

  const fromGo = (endpoint: string, more: object = {}) =>
    fleet.go.call({ service: "interop.grpc-js", endpoint, address: [server.address], ...more });
  const toGo = () => ({ calls: client.of(Peer, fleet.goName), options: { address: fleet.go.address } });

  it("serves go's client, and calls go's server", async () => {
    expect((await fromGo("Peer.Echo", { body: { text: "naïve ✓" } })).reply).toMatchObject({ text: "naïve ✓" });
    const { calls, options } = toGo();
    expect(await calls.echo({ text: "naïve ✓" }, options)).toMatchObject({ text: "naïve ✓" });
  });

  it("carries errors both ways", async () => {
    const failure = { manner: "error", id: "raised", code: 409, detail: "naïve <>&%41" };
    const expected = { id: "raised", code: 409, detail: "naïve <>&%41", status: "Conflict" };
    expect((await fromGo("Peer.Fail", { body: failure })).error).toEqual(expected);
    const { calls, options } = toGo();
    await expect(calls.fail(failure, options)).rejects.toMatchObject(expected);
  });

  // node:http2 resets such a stream before any JavaScript sees it, and has no switch for that.
  it.each(ofConnection)("cannot take the header %s: %s from go", async (key, value) => {
    expect((await fromGo("Peer.Look", { metadata: { [key]: value } })).error).toMatchObject({
      id: "go.micro.client",
      code: 500,
      detail: "stream terminated by RST_STREAM with error code: PROTOCOL_ERROR",
    });
  });

  // node:http2 takes header blocks of 64 KiB at most and does not tell of a longer one; the connection hangs, and then
  // is spent. Go sends the detail twice, once as base64.
  it("waits in vain for an error of go with 40,000 characters, and for a while after it", async () => {
    const { calls, options } = toGo();
    const failure = { manner: "error", id: "x", code: 409, detail: "x".repeat(40_000) };
    await expect(calls.fail(failure, { ...options, timeoutMs: 300 })).rejects.toMatchObject({ code: 408 });
    await eventually(async () => expect(await calls.nothing({}, { ...options, timeoutMs: 500 })).toEqual({}));
  });
});
