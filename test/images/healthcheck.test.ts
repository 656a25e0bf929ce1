import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { freePort, type RunningProcess, spawnNode } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "./bundle.ts";
import { clearedEnv, micro, root, userSrv } from "./programs.ts";

describe("docker/healthcheck.mjs", () => {
  const bundles: Bundle[] = [];
  const grpcAddress = { MICRO_SERVER_ADDRESS: "" };
  const httpAddress = { MICRO_API_ADDRESS: "" };
  let service: RunningProcess;
  let gateway: RunningProcess;

  beforeAll(async () => {
    // All interfaces, as the images have it.
    grpcAddress.MICRO_SERVER_ADDRESS = `:${await freePort()}`;
    httpAddress.MICRO_API_ADDRESS = `:${await freePort()}`;
    for (const program of [userSrv, micro]) bundles.push(await bundle(program));
    service = await started(bundles[0], ["--registry=memory"], grpcAddress, /Registering node/);
    gateway = await started(bundles[1], ["api", "--registry=memory"], httpAddress, /HTTP API .* Listening/);
  });
  afterAll(async () => {
    await service?.stop();
    await gateway?.stop();
    for (const each of bundles) await each[Symbol.asyncDispose]();
  });

  it("ends with 0 and says nothing when a service answers", async () => {
    expect(await check("grpc", grpcAddress)).toEqual({ code: 0, output: "" });
  });

  it("ends with 0 and says nothing when the gateway answers", async () => {
    expect(await check("http", httpAddress)).toEqual({ code: 0, output: "" });
  });

  it.each([
    ["grpc", () => service, grpcAddress],
    ["http", () => gateway, httpAddress],
  ] as const)(
    "ends with 1 when the program behind the open port of %s does nothing",
    async (kind, program, address) => {
      program().freeze();
      try {
        expect(await check(kind, address)).toEqual({ code: 1, output: "no answer within 2.5 s\n" });
      } finally {
        program().thaw();
      }
    },
  );

  it.each(["grpc", "http"])("ends with 1 and names the address when nobody listens for %s", async (kind) => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, output } = await check(kind, { MICRO_SERVER_ADDRESS: address, MICRO_API_ADDRESS: address });
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`^${address}: .*ECONNREFUSED`));
  });

  it("ends with 1 when the gateway answers with an error", async () => {
    const server = createServer((_request, response) => response.writeHead(500).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { code, output } = await check("http", { MICRO_API_ADDRESS: `127.0.0.1:${port}` });
      expect({ code, output }).toEqual({ code: 1, output: `127.0.0.1:${port} answered GET / with 500\n` });
    } finally {
      server.close();
    }
  });

  it("ends with 1 and names the variable when the address makes no sense", async () => {
    const { code, output } = await check("grpc", { MICRO_SERVER_ADDRESS: "50051" });
    expect({ code, output }).toEqual({ code: 1, output: 'MICRO_SERVER_ADDRESS is "50051"; expected HOST:PORT\n' });
  });
});

async function started(
  from: Bundle | undefined,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<RunningProcess> {
  if (!from) throw new Error(`nothing to start with ${args.join(" ")}`);
  const running = await from.start(args, env);
  await running.waitForLine(ready);
  return running;
}

async function check(
  kind: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const file = join(root, "docker/healthcheck.mjs");
  await using running = await spawnNode(file, [kind], { env: { ...clearedEnv(), ...env } });
  const { code } = await running.exited;
  return { code, output: running.output() };
}
