import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdCluster, etcdServer, freePort, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "./bundle.ts";
import { micro, programs, root, sampleAnswer, samplePath, userApi, userClient, userSrv } from "./programs.ts";

const bundles = new Map<string, Bundle>();
const running: RunningProcess[] = [];

beforeAll(async () => {
  for (const program of programs) bundles.set(program.name, await bundle(program));
});
afterAll(async () => {
  for (const each of running.reverse()) await each.stop();
  for (const each of bundles.values()) await each[Symbol.asyncDispose]();
});

describe.each(programs)("the bundle of $name", ({ name }) => {
  it("is one file with its map and its licences, and the gateway's page", async () => {
    const { folder } = bundled(name);
    const page = name === micro.name ? ["swagger-ui"] : [];
    expect((await readdir(folder)).sort()).toEqual(["LICENSES.txt", "main.mjs", "main.mjs.map", ...page]);
    expect(await readFile(join(folder, "LICENSES.txt"), "utf8")).toMatch(/^etcd3 [\d.]+ \(MIT\)\n\n.*MIT License/ms);
  });

  it("runs in an empty folder and prints its help", async () => {
    await using child = await bundled(name).start(["--help"]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toContain("--registry_address");
  });
});

describe("the bundles of the sample on mDNS", () => {
  it("find each other and answer", async () => {
    await using srv = await bundled(userSrv.name).start(["--registry=mdns"]);
    await srv.waitForLine(/Registry \[mdns\] Registering node/);
    await using client = await bundled(userClient.name).start(["--registry=mdns"]);
    expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(client.output()).toContain("id=123 name=huohuo pwd=dslhgfoif40u9b9");
  });
});

const available = await requireServer(etcdServer);

describe.skipIf(!available)("the bundles of the sample on etcd", () => {
  let etcd: EtcdCluster;
  let url: string;
  let srv: RunningProcess;
  beforeAll(async () => {
    etcd = await startEtcd();
    const flags = ["--registry=etcd", `--registry_address=${etcd.addresses[0]}`];
    srv = await bundled(userSrv.name).start(flags);
    const api = await bundled(userApi.name).start(flags);
    const address = `127.0.0.1:${await freePort()}`;
    const gateway = await bundled(micro.name).start(["api", "--handler=api", `--address=${address}`, ...flags]);
    running.push(srv, api, gateway);
    await Promise.all([srv, api].map((each) => each.waitForLine(/Registry \[etcd\] Registering node/)));
    await gateway.waitForLine(/HTTP API \[api\] Listening/);
    url = `http://${address}`;
  });
  afterAll(() => etcd?.close());

  it("answer the sample's request byte for byte", async () => {
    await expect.poll(async () => (await fetch(url + samplePath)).text(), { timeout: 20_000 }).toBe(sampleAnswer);
  });

  it("log the file and the line as they are in the source", async () => {
    const line = await srv.waitForLine("Received User.QueryUserByName request");
    const source = await readFile(join(root, "services/user-srv/src/handler/user.handler.ts"), "utf8");
    const number = source.split("\n").findIndex((text) => text.includes("Received User.QueryUserByName request")) + 1;
    expect(line).toContain(` file=handler/user.handler.ts:${number} `);
    expect(await srv.waitForLine("Starting [service]")).toMatch(/ file=service\/life\.ts:\d+ /);
  });

  it("end with 0 on SIGTERM and leave the registry empty", async () => {
    for (const each of running) process.kill(each.pid, "SIGTERM");
    for (const each of running) expect(await each.exited).toEqual({ code: 0, signal: null });
    expect(await etcd.etcdctl("get", "--prefix", "--keys-only", "/micro/registry/")).toBe("");
  });
});

describe("scripts/bundle.mjs", () => {
  it("refuses a file that reads others beside itself, and names it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "micro-bundle-entry-"));
    try {
      const entry = join(folder, "main.ts");
      await writeFile(entry, 'console.log(new URL("./data.json", import.meta.url));\n');
      await expect(bundle(userSrv, entry)).rejects.toThrow(entry);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function bundled(name: string): Bundle {
  const found = bundles.get(name);
  if (!found) throw new Error(`${name} was not bundled`);
  return found;
}
