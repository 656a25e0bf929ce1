import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  etcdServer,
  type Host,
  type Hosts,
  networkTools,
  type RunningProcess,
  requireServer,
  startHosts,
  type Tally,
} from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programFile, sampleAnswer, samplePath } from "./programs.ts";

const callsPerSecond = 100;
const root = process.getuid?.() === 0;
const available = root && (await requireServer(etcdServer)) && (await requireServer(networkTools));
if (!root && process.env.CI === "true")
  throw new Error("hosts in network namespaces take root (CI=true makes this a failure)");
if (!root) process.stderr.write("\nSKIPPED, NOT TESTED: hosts in network namespaces take root\n");

// Each on a host of its own, on a switch from which a host can be taken without a word: no connection is refused or reset.
describe.skipIf(!available)("two user-srv on hosts of their own, under load", () => {
  let network: Hosts;
  let data: string;
  const started: RunningProcess[] = [];
  const copies: RunningProcess[] = [];
  let front: Host;

  beforeAll(async () => {
    network = await startHosts(3);
    const [own, ...others] = network.hosts as [Host, Host, Host];
    front = own;
    data = await mkdtemp(join(tmpdir(), "micro-partition-"));
    const client = `http://${front.address}:2379`;
    const etcd = await front.start("etcd", [
      `--data-dir=${data}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
    ]);
    started.push(etcd);
    await etcd.waitForLine(/ready to serve client requests/);
    for (const host of others) copies.push(await startOn(host, "user-srv"));
    started.push(...copies, await startOn(front, "user-api"));
    const gateway = await front.start(process.execPath, [
      programFile("micro"),
      "api",
      "--handler=api",
      "--address=127.0.0.1:8080",
      ...registry(),
    ]);
    started.push(gateway);
    await gateway.waitForLine(/HTTP API .*Listening on/);
  });

  afterAll(async () => {
    for (const each of started.reverse()) await each.stop();
    await network?.close();
    if (data) await rm(data, { recursive: true, force: true });
  });

  it("loses no call when a host vanishes, and uses its copy again when it is back", async () => {
    const tally = await underLoad("a host off the switch for 12 s", async (more) => {
      const [, , vanishing] = network.hosts as [Host, Host, Host];
      await vanishing.cut();
      const before = served(copies[1]);
      await more(12);
      expect(served(copies[1])).toBe(before);
      await vanishing.mend();
      await servesAgain(copies[1], more);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  it("loses no call when a copy stands still", async () => {
    const tally = await underLoad("SIGSTOP of a copy for 12 s", async (more) => {
      copies[0]?.freeze();
      await more(12);
      copies[0]?.thaw();
      await servesAgain(copies[0], more);
    });
    expect(tally).toMatchObject({ failed: 0, reasons: [] });
  });

  /** Goes on until a copy is called again, and then for two seconds that would show what is lost when it is. */
  async function servesAgain(copy: RunningProcess | undefined, more: More): Promise<void> {
    await more(1); // it answers what it was asked before, too
    const before = served(copy);
    for (let second = 0; second < 12 && served(copy) === before; second++) await more(1);
    expect(served(copy)).toBeGreaterThan(before);
    await more(2);
  }

  async function startOn(host: Host, program: "user-srv" | "user-api"): Promise<RunningProcess> {
    const address = `--server_address=${host.address}:0`;
    const process_ = await host.start(process.execPath, [programFile(program), address, ...registry()], {
      name: program,
    });
    await process_.waitForLine(/Registering node/);
    return process_;
  }

  function registry(): string[] {
    return ["--registry=etcd", `--registry_address=${front.address}:2379`];
  }

  async function underLoad(what: string, faults: (more: More) => Promise<void>): Promise<Tally> {
    const file = fileURLToPath(new URL("src/load.mjs", import.meta.url));
    const url = `http://127.0.0.1:8080${samplePath}`;
    const load = await front.start(process.execPath, [file, url, sampleAnswer, String(callsPerSecond)], {
      name: "load",
    });
    let begun = 0;
    const more: More = async (seconds) => {
      begun += seconds * callsPerSecond;
      await load.waitForLine(`made ${begun}`, { timeoutMs: seconds * 1_000 + 60_000 });
    };
    try {
      await more(2);
      await faults(more);
    } finally {
      await load.stop({ graceMs: 30_000 });
    }
    const tally = JSON.parse(load.output().trim().split("\n").at(-1) ?? "") as Tally;
    console.log(`${what}: ${tally.made} calls made, ${tally.failed} failed`);
    return tally;
  }
});

/** Waits until calls of so many seconds have been begun. */
type More = (seconds: number) => Promise<void>;

function served(copy: RunningProcess | undefined): number {
  return (copy?.output() ?? "").split("Received User.QueryUserByName request").length - 1;
}
