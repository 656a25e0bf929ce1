import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goFile, requireGo, withoutMicro } from "./go-peer.ts";
import { type MucpFleet, startMucpFleet } from "./mucp-fleet.ts";

const available = (await requireServer(etcdServer)) && (await requireGo()) && (await requireGo("micro"));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * `micro` v2.9.3 and ours ask the same nodes. What they print is the same, byte for byte, but for:
 *
 * - a node's metadata, which Go prints in the order of its maps, another each time, and ours sorted;
 * - errors, which Go writes to standard output and ours to standard error, with exit code 1 both;
 * - an endpoint that is not there, which is an error 404 for ours, 500 for Go's over gRPC, and a bare text for Go's over mucp;
 * - in stats, what has changed from one question to the next: uptime, memory, threads and the time of collections.
 */
describe.skipIf(!available).each([
  ["a service of ours", "ours", []],
  ["a go service", "overGrpc", []],
  // Go's must be told what nodes speak; ours reads it in the registry.
  ["a go service that speaks mucp", "mucp", ["--client=mucp"]],
] as const)("go's command line and ours ask %s", (_what, kind, goFlags) => {
  let fleet: MucpFleet;
  let home: string;
  let name: string;

  beforeAll(async () => {
    fleet = await shared();
    home = await mkdtemp(join(tmpdir(), "micro-cli-"));
    name = { ours: fleet.ourName, overGrpc: fleet.overGrpcName, mucp: fleet.goName }[kind];
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  // It keeps files in the home folder.
  const gos = (...args: string[]): Promise<Ended> =>
    run(goFile("micro"), [...fleet.args, ...goFlags, ...args], { HOME: home });
  const ours = (...args: string[]): Promise<Ended> => run(process.execPath, [ourFile, ...fleet.args, ...args]);

  it("list services", async () => {
    const listed = await gos("list", "services");
    expect(listed.out.split("\n")).toContain(name);
    expect(await ours("list", "services")).toEqual(listed);
  });

  it("get service", async () => {
    const found = await gos("get", "service", name);
    expect(found.out).toContain("\nEndpoint: Peer.Echo\n");
    const sorted = {
      ...found,
      out: found.out.replace(/^(\S+\t\S+\t)(\S+=\S+)$/gm, (_, node, pairs) => node + inOrder(pairs)),
    };
    expect(await ours("get", "service", name)).toEqual(sorted);
  });

  it("get service of one that nobody knows", async () => {
    const missing = await gos("get", "service", `${name}.none`);
    expect(missing).toMatchObject({ code: 1, out: "service not found\n" });
    expect(await ours("get", "service", `${name}.none`)).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("service not found"),
    });
  });

  it.each([
    ["without a request"],
    [
      "with one",
      '{"text":"a <b> & ü","big":"9007199254740993","huge":"18446744073709551615","yes":true,"tags":["x","y"]}',
    ],
    ["with one in two pieces", '{"text":', '"a"}'],
    ["with messages in it", '{"inner_value":{"long_name":"n"},"many_inner":[{},{"long_name":"m"}],"counts":{"k":2}}'],
  ])("call %s", async (_how, ...request) => {
    const reply = await gos("call", name, "Peer.Echo", ...request);
    expect(reply).toMatchObject({ code: 0, err: "" });
    expect(await ours("call", name, "Peer.Echo", ...request)).toEqual(reply);
  });

  it("call --output=raw", async () => {
    const reply = await gos("call", "--output=raw", name, "Peer.Echo", '{"text":"raw"}');
    expect(reply.out).toContain("raw");
    expect(await ours("call", "--output=raw", name, "Peer.Echo", '{"text":"raw"}')).toEqual(reply);
  });

  it("call --metadata", async () => {
    const call = ["call", "--metadata=one=a=b", "--metadata", "two=2", name, "Peer.Look"];
    const replies = await Promise.all([gos(...call), ours(...call)]);
    for (const { code, out } of replies) {
      const { headers } = JSON.parse(out);
      const entries = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]);
      expect({ code, ...Object.fromEntries(entries) }).toMatchObject({ code: 0, one: "a=b", two: "2" });
    }
  });

  it("a call that fails", async () => {
    const call = ["call", name, "Peer.Fail", '{"manner":"error","id":"x","code":409,"detail":"d"}'];
    const failed = await gos(...call);
    const line = `error calling ${name}.Peer.Fail: {"id":"x","code":409,"detail":"d","status":"Conflict"}\n`;
    expect(failed).toEqual({ code: 1, out: line, err: "" });
    expect(await ours(...call)).toEqual({ code: 1, out: "", err: line });
  });

  it("a call of an endpoint that is not there", async () => {
    const start = `error calling ${name}.Peer.None: `;
    expect(await gos("call", name, "Peer.None")).toMatchObject({ code: 1, out: expect.stringContaining(start) });
    const failed = await ours("call", name, "Peer.None");
    expect(failed).toMatchObject({ code: 1, out: "", err: expect.stringContaining(start) });
    expect(failed.err).toContain('"code":404,');
  });

  it("health", async () => {
    const healthy = await gos("health", name);
    expect(healthy.out).toMatch(/\t\tok\n$/);
    expect(await ours("health", name)).toEqual(healthy);
  });

  it("stats", async () => {
    const asked = await gos("stats", name);
    const row =
      /^(\S+\t\t\S+\t\t[A-Z][a-z]{2} \d+ [\d:]{8})\t([\dhms]+)\t(\d+\.\d\dmb)\t(\d+)\t([\d.]+(?:ns|µs|ms|s))$/gm;
    expect(asked.out.match(row)).toHaveLength(1);
    const steady = ({ out, ...rest }: Ended): Ended => ({ ...rest, out: out.replace(row, "$1") });
    expect(steady(await ours("stats", name))).toEqual(steady(asked));
  });
});

let started: Promise<MucpFleet> | undefined;

/** One fleet for all. */
function shared(): Promise<MucpFleet> {
  started ??= startMucpFleet("etcd");
  return started;
}

afterAll(async () => (await started)?.close());

const ourFile = fileURLToPath(new URL("../../packages/micro/bin/micro.js", import.meta.url));

function inOrder(pairs: string): string {
  return pairs.split(",").sort().join();
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...withoutMicro(), ...env }, timeout: 60_000 };
    execFile(file, args, options, (reason, out, err) => {
      if (reason && typeof reason.code !== "number") reject(reason);
      else resolve({ code: Number(reason?.code ?? 0), out, err });
    });
  });
}
