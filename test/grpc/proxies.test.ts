import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Server } from "@micro/core";
import { requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endingCases, messageCases, metadataCases } from "./client-cases.ts";
import { goInteropClient, requireGrpcGo } from "./go-programs.ts";
import { type Nginx, nginxServer, startNginx } from "./nginx.ts";
import { type OurClient, openOurClient, startOurServer } from "./our-side.ts";

const run = promisify(execFile);
const withNginx = await requireServer(nginxServer);
const withGo = await requireGrpcGo();
const withH2load = await requireServer({ name: "h2load", packages: ["nghttp2-client"], commands: ["h2load"] });

describe.skipIf(!withNginx)("behind nginx with grpc_pass", () => {
  let server: Server;
  let nginx: Nginx;
  let client: OurClient;

  beforeAll(async () => {
    let port: number;
    ({ server, port } = await startOurServer());
    nginx = await startNginx(`127.0.0.1:${port}`);
    client = openOurClient();
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await nginx?.[Symbol.asyncDispose]();
    await server?.close();
  });

  it.each(Object.entries({ ...messageCases, ...metadataCases, ...endingCases }))(
    "our client passes %s on our server",
    (_name, check) => check(client, nginx.address),
  );

  it
    .skipIf(!withGo)
    .each([
      ...["empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream"],
      ...["unimplemented_method", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server"],
    ])("grpc-go's client passes %s on our server", async (testCase) => {
    expect(await goInteropClient(nginx.port, testCase)).toMatchObject({ code: 0 });
  });

  it("answers 503 when the server behind is gone", async () => {
    const gone = await startNginx("127.0.0.1:1");
    try {
      await expect(client.calls.emptyCall({}, { address: gone.address })).rejects.toMatchObject({ code: 503 });
    } finally {
      await gone[Symbol.asyncDispose]();
    }
  });
});

describe.skipIf(!withH2load)("h2load on our server", () => {
  let server: Server;
  let port: number;
  let folder: string;

  beforeAll(async () => {
    ({ server, port } = await startOurServer());
    folder = await mkdtemp(join(tmpdir(), "micro-h2load-"));
    await writeFile(join(folder, "empty"), Buffer.alloc(5)); // one message without bytes
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [1, 1, 2_000],
    [10, 10, 10_000],
    [4, 100, 10_000],
  ])("has %i connections with %i calls at once answer all of %i", async (connections, streams, requests) => {
    const before = server.calls().requests;
    const { stdout } = await run("h2load", [
      ...["-n", `${requests}`, "-c", `${connections}`, "-m", `${streams}`, "-d", join(folder, "empty")],
      ...["-H", "content-type: application/grpc", "-H", "te: trailers"],
      `http://127.0.0.1:${port}/grpc.testing.TestService/EmptyCall`,
    ]);
    expect(stdout).toContain(
      `requests: ${requests} total, ${requests} started, ${requests} done, ${requests} succeeded, 0 failed, 0 errored, 0 timeout`,
    );
    expect(stdout).toContain(`status codes: ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`);
    expect(server.calls()).toEqual({ requests: before + requests, errors: 0 });
  });
});
