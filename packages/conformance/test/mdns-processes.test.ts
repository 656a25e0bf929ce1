import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

// What each process does: registers a node, or looks, or watches, and prints what it finds, a line of JSON each.
const program = `
  import { mdnsRegistry } from "@micro/core";
  const { action, service, id, address, options } = JSON.parse(process.argv[1]);
  const registry = mdnsRegistry(options);
  const print = (value) => console.log(JSON.stringify(value));
  if (action === "register") {
    const record = { name: service, version: "1", metadata: {}, endpoints: [], nodes: [{ id, address, metadata: { protocol: "grpc" } }] };
    process.once("SIGTERM", async () => { await registry.deregister(record); await registry.close(); });
    await registry.register(record).then(() => print("registered"), (reason) => print(reason.detail));
  } else if (action === "watch") {
    for await (const event of registry.watch({ service })) print(event);
  } else {
    const nodes = (records) => records.flatMap((record) => record.nodes);
    print(await registry.getService(service).then(nodes, (reason) => reason.detail));
  }
`;

interface Task {
  action: "register" | "watch" | "get";
  service: string;
  id?: string;
  address?: string;
  options: object;
}

interface Running {
  readonly child: ChildProcess;
  /** The next line that it prints. */
  next(): Promise<unknown>;
  /** Resolves when it has ended by itself. */
  ended(): Promise<number | null>;
}

const release: (() => unknown)[] = [];
afterEach(async () => {
  for (const free of release.splice(0).reverse()) await free();
});

function run(task: Task, namespace?: string): Running {
  const node = [process.execPath, "--input-type=module", "--eval", program, JSON.stringify(task)];
  const [command = "", ...args] = namespace ? ["ip", "netns", "exec", namespace, ...node] : node;
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  release.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${task.action} of ${task.service} ended without another line`);
      return JSON.parse(value);
    },
    async ended() {
      const [code] = await exited;
      return code;
    },
  };
}

const uniqueName = (): string => `test.${Math.random().toString(36).slice(2, 12)}`;
const node = (id: string, address: string) => ({ id, address, metadata: { protocol: "grpc" } });

// Lookups are repeated, since a busy machine may take longer to answer than they wait.
async function untilFound(task: Task, namespace: string | undefined, count: number): Promise<unknown> {
  let found: unknown;
  for (let attempt = 0; attempt < 20; attempt++) {
    found = await run(task, namespace).next();
    if (Array.isArray(found) && found.length === count) break;
  }
  return found;
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

const loopback = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.[0]?.internal)?.[0] ?? "lo";

describe("mdnsRegistry in several processes", { timeout: 60_000 }, () => {
  it("finds the nodes of others, and each lookup's process ends by itself", async () => {
    const options = { port: await freePort(), interfaces: [loopback] };
    const service = uniqueName();
    for (const id of ["n1", "n2"])
      expect(await run({ action: "register", service, id, address: "127.0.0.1:80", options }).next()).toBe(
        "registered",
      );
    const nodes = await untilFound({ action: "get", service, options }, undefined, 2);
    expect(nodes).toHaveLength(2);
    expect(nodes).toEqual(expect.arrayContaining(["n1", "n2"].map((id) => node(id, "127.0.0.1:80"))));
    const lookup = run({ action: "get", service, options });
    expect(await lookup.ended()).toBe(0);
  });

  it("tells a watch of a process that takes its leave, and the process then ends by itself", async () => {
    const options = { port: await freePort(), interfaces: [loopback] };
    const service = uniqueName();
    const watch = run({ action: "watch", service, options });
    expect(await watch.next()).toMatchObject({ type: "sync", records: [] });
    const other = run({ action: "register", service, id: "n1", address: "127.0.0.1:80", options });
    expect(await watch.next()).toMatchObject({ type: "create", record: { nodes: [{ id: "n1" }] } });
    other.child.kill("SIGTERM");
    expect(await watch.next()).toMatchObject({ type: "delete", record: { nodes: [{ id: "n1" }] } });
    expect(await other.ended()).toBe(0);
  });

  it("tells a watch of a process that was killed, after two rounds of questions", async () => {
    const options = { port: await freePort(), interfaces: [loopback], reconcileMs: 300 };
    const service = uniqueName();
    const [dying, staying] = ["n1", "n2"].map((id) =>
      run({ action: "register", service, id, address: "127.0.0.1:80", options }),
    );
    await Promise.all([dying?.next(), staying?.next()]);
    const watch = run({ action: "watch", service, options });
    const present = new Set<string>();
    while (present.size < 2) collect(present, await watch.next());
    dying?.child.kill("SIGKILL");
    expect(await watch.next()).toMatchObject({ type: "delete", record: { nodes: [{ id: "n1" }] } });
  });
});

// Network namespaces need root; where there is none, the reason is part of the test's name.
const noNamespaces = whyNoNamespaces();
const title = `mdnsRegistry in network namespaces${noNamespaces ? ` (SKIPPED: ${noNamespaces})` : ""}`;

describe.skipIf(noNamespaces !== undefined)(title, { timeout: 60_000 }, () => {
  it("works where there is only the loopback", async () => {
    const alone = namespace();
    const service = uniqueName();
    const address = "127.0.0.1:80";
    expect(await run({ action: "register", service, id: "n1", address, options: {} }, alone).next()).toBe("registered");
    expect(await untilFound({ action: "get", service, options: {} }, alone, 1)).toEqual([node("n1", address)]);
  });

  it("works without IPv6", async () => {
    const alone = namespace();
    ip(`netns exec ${alone} sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1`);
    const service = uniqueName();
    const address = "127.0.0.1:80";
    expect(await run({ action: "register", service, id: "n1", address, options: {} }, alone).next()).toBe("registered");
    expect(await untilFound({ action: "get", service, options: {} }, alone, 1)).toEqual([node("n1", address)]);
  });

  it("rejects with the reason where there is no interface at all", async () => {
    const alone = namespace();
    ip(`-n ${alone} link set lo down`);
    const failing = run(
      { action: "register", service: uniqueName(), id: "n1", address: "127.0.0.1:80", options: {} },
      alone,
    );
    expect(await failing.next()).toContain("found no network interface");
    expect(await failing.ended()).toBe(0);
  });

  it("works between two hosts on one link, over IPv4 and without a route for multicast", async () => {
    const [left, right] = await pair({ addresses: ["198.51.100.1/24", "198.51.100.2/24"], ipv6: false });
    const service = uniqueName();
    const address = "198.51.100.1:80";
    const watch = run({ action: "watch", service, options: {} }, right);
    expect(await watch.next()).toMatchObject({ type: "sync", records: [] });
    const there = run({ action: "register", service, id: "n1", address, options: {} }, left);
    expect(await there.next()).toBe("registered");
    expect(await watch.next()).toMatchObject({ type: "create", record: { nodes: [node("n1", address)] } });
    expect(await untilFound({ action: "get", service, options: {} }, right, 1)).toEqual([node("n1", address)]);
    there.child.kill("SIGTERM");
    expect(await watch.next()).toMatchObject({ type: "delete", record: { nodes: [{ id: "n1" }] } });
  });

  it("works between two hosts that have IPv6 only", async () => {
    const [left, right] = await pair({ addresses: ["fd00:db8::1/64", "fd00:db8::2/64"] });
    const service = uniqueName();
    const address = "[fd00:db8::1]:80";
    const options = { interfaces: ["link0"] };
    expect(await run({ action: "register", service, id: "n1", address, options }, left).next()).toBe("registered");
    expect(await untilFound({ action: "get", service, options }, right, 1)).toEqual([node("n1", address)]);
  });

  it("finds a node on a link that comes up later", async () => {
    const [left, right] = await pair({ addresses: [], ipv6: false });
    const service = uniqueName();
    const address = "198.51.100.1:80";
    const watch = run({ action: "watch", service, options: {} }, right);
    expect(await watch.next()).toMatchObject({ type: "sync", records: [] });
    expect(await run({ action: "register", service, id: "n1", address, options: {} }, left).next()).toBe("registered");
    ip(`-n ${left} addr add 198.51.100.1/24 dev link0`);
    ip(`-n ${right} addr add 198.51.100.2/24 dev link0`);
    expect(await watch.next()).toMatchObject({ type: "create", record: { nodes: [node("n1", address)] } });
  });

  it("tells a watch of a host that is cut off, and of its return", async () => {
    const [left, right] = await pair({ addresses: ["198.51.100.1/24", "198.51.100.2/24"], ipv6: false });
    const service = uniqueName();
    const options = { reconcileMs: 300 };
    const there = run({ action: "register", service, id: "n1", address: "198.51.100.1:80", options }, left);
    expect(await there.next()).toBe("registered");
    const watch = run({ action: "watch", service, options }, right);
    const present = new Set<string>();
    while (present.size < 1) collect(present, await watch.next());
    ip(`-n ${left} link set link0 down`);
    expect(await watch.next()).toMatchObject({ type: "delete", record: { nodes: [{ id: "n1" }] } });
    ip(`-n ${left} link set link0 up`);
    expect(await watch.next()).toMatchObject({ type: "create", record: { nodes: [{ id: "n1" }] } });
  });
});

function collect(present: Set<string>, event: unknown): void {
  const { records = [], record } = event as {
    records?: { nodes: { id: string }[] }[];
    record?: { nodes: { id: string }[] };
  };
  for (const { nodes } of record ? [record] : records) for (const { id } of nodes) present.add(id);
}

function whyNoNamespaces(): string | undefined {
  if (process.platform !== "linux") return "no Linux";
  if (process.getuid?.() !== 0) return "not root";
  try {
    ip("netns list");
    return undefined;
  } catch {
    return "no iproute2"; // that it cannot be run is the answer
  }
}

function ip(args: string): string {
  return execFileSync("ip", args.split(" "), { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
}

// A namespace with the loopback up and nothing else, removed after the test.
function namespace(): string {
  const name = `mdns-${Math.random().toString(36).slice(2, 8)}`;
  ip(`netns add ${name}`);
  release.push(() => ip(`netns del ${name}`));
  ip(`-n ${name} link set lo up`);
  return name;
}

// Two namespaces with a cable between them, called `link0` at both ends.
async function pair({ addresses, ipv6 = true }: { addresses: string[]; ipv6?: boolean }): Promise<[string, string]> {
  const ends: [string, string] = [namespace(), namespace()];
  ip(`-n ${ends[0]} link add link0 type veth peer name link0 netns ${ends[1]}`);
  for (const [i, end] of ends.entries()) {
    // Without duplicate address detection an IPv6 address serves at once.
    const off = ["all.accept_dad=0", "link0.accept_dad=0", `link0.disable_ipv6=${ipv6 ? 0 : 1}`];
    for (const setting of off) ip(`netns exec ${end} sysctl -qw net.ipv6.conf.${setting}`);
    const address = addresses[i];
    if (address) ip(`-n ${end} addr add ${address} dev link0`);
    ip(`-n ${end} link set link0 up`);
  }
  // The kernel takes up to a second to notice that the cable is plugged in, and only then has routes for IPv6.
  for (const end of ends) {
    const ready = (): boolean =>
      ip(`-n ${end} -o link show link0`).includes("state UP") &&
      (!ipv6 || ip(`-n ${end} -6 route show table all`).includes("multicast ff00::/8 dev link0"));
    while (!ready()) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return ends;
}
