import { grpc, grpcJs, type Server } from "@micro/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endingCases, messageCases, metadataCases } from "./client-cases.ts";
import {
  type GoServer,
  goGzipClient,
  goInteropClient,
  requireGrpcGo,
  startGoGzipServer,
  startGoServer,
} from "./go-programs.ts";
import { type OurClient, openOurClient, startOurServer } from "./our-side.ts";

const available = await requireGrpcGo();

describe.skipIf(!available)("grpc-go's interop client on our server", () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    ({ server, port } = await startOurServer());
  });
  afterAll(() => server?.close());

  it.each([
    ...["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream"],
    ...["unimplemented_method", "unimplemented_service"],
    ...["status_code_and_message", "special_status_message", "custom_metadata"],
    ...["cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server"],
    ...["rpc_soak", "channel_soak"],
  ])("passes %s", async (testCase) => {
    expect(await goInteropClient(port, testCase)).toMatchObject({ code: 0 });
  });

  it("passes the cases with messages when it compresses them with gzip", async () => {
    const before = server.calls();
    expect(await goGzipClient(port)).toEqual({ code: 0, output: "all cases passed, 0 replies were compressed\n" });
    const after = server.calls();
    expect([after.requests - before.requests, after.errors - before.errors]).toEqual([5, 0]);
  });

  // The cases server_compressed_unary and server_compressed_streaming, with which grpc-go's own client is not acquainted.
  it("reads the large replies compressed when the server is told to, and the small ones as they are", async () => {
    const compressing = await startOurServer(grpc, { compression: "gzip" });
    try {
      const { code, output } = await goGzipClient(compressing.port);
      // The large one of large_unary, and three of the four that are streamed, twice.
      expect([code, output]).toEqual([0, "all cases passed, 7 replies were compressed\n"]);
    } finally {
      await compressing.server.close();
    }
  });
});

describe.skipIf(!available)("our client on grpc-go's interop server", () => {
  let go: GoServer;
  let goGzip: GoServer;
  let client: OurClient;

  beforeAll(async () => {
    [go, goGzip] = await Promise.all([startGoServer(), startGoGzipServer()]);
    client = openOurClient();
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await go?.process.stop();
    await goGzip?.process.stop();
  });

  it.each(Object.entries({ ...messageCases, ...metadataCases, ...endingCases }))("passes %s", (_name, run) =>
    run(client, go.address),
  );

  it.each(Object.entries(messageCases))("passes %s when the server compresses with gzip", (_name, run) =>
    run(client, goGzip.address),
  );

  // The cases client_compressed_unary and client_compressed_streaming.
  it.each([
    ["ours", grpc],
    ["grpc-js", grpcJs],
  ])("sends large messages compressed when told to, on the engine %s", async (_engine, protocol) => {
    const compressing = openOurClient(protocol, { compression: "gzip" });
    const before = goGzip.process.output().length;
    try {
      for (const name of ["large_unary", "client_streaming"]) await messageCases[name]?.(compressing, goGzip.address);
      const sizes = [271_828 + 13, ...[27_182, 1_828, 45_904].map((size) => size)];
      const told = (): number[] =>
        [
          ...goGzip.process
            .output()
            .slice(before)
            .matchAll(/compressed request of (\d+) bytes/g),
        ].map(([, bytes]) => Number(bytes));
      await expect.poll(() => told().length).toBe(sizes.length);
      expect(told().map((bytes) => Math.round(bytes / 100))).toEqual(sizes.map((size) => Math.round(size / 100)));
    } finally {
      await compressing[Symbol.asyncDispose]();
    }
  });

  it("goes on with the same connection after all of them", async () => {
    for (let round = 0; round < 20; round++) await messageCases.empty_unary?.(client, go.address);
  });
});
