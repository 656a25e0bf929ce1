import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RequiredServer } from "./debian.ts";
import { type RunningProcess, type StartProcessOptions, startProcess } from "./process.ts";

const run = promisify(execFile);

/** For `requireServer`: what hosts are made with. It takes root as well. */
export const networkTools: RequiredServer = { name: "ip", packages: ["iproute2"], commands: ["ip"] };

/** A host of its own as far as the network goes: a network namespace on a switch with the others. */
export interface Host {
  /** Its address on the switch, `10.77.0.1`; it has a loopback of its own too. */
  readonly address: string;
  /** Starts a program on it. */
  start(command: string, args: readonly string[], options?: StartProcessOptions): Promise<RunningProcess>;
  /** Takes it off the switch without a word to anybody: what is sent to it or by it is lost. */
  cut(): Promise<void>;
  /** Puts it back. */
  mend(): Promise<void>;
}

export interface Hosts extends AsyncDisposable {
  readonly hosts: readonly Host[];
  /** Removes the namespaces. What was started on the hosts is its starter's to end, before. */
  close(): Promise<void>;
}

let made = 0;

/** Hosts on one switch, in network namespaces. Needs root, and `requireServer(networkTools)` first. */
export async function startHosts(count: number): Promise<Hosts> {
  const prefix = `micro-${process.pid}-${made++}`;
  const hub = `${prefix}-hub`;
  const places = Array.from({ length: count }, (_, index) => ({
    space: `${prefix}-${index + 1}`,
    port: `port${index + 1}`,
    address: `10.77.0.${index + 1}`,
    mac: `02:00:00:00:00:${(index + 1).toString(16).padStart(2, "0")}`,
  }));
  const close = async (): Promise<void> => {
    const { stdout } = await run("ip", ["netns", "list"]);
    const own = stdout.split("\n").flatMap((line) => line.split(" ")[0] || []);
    for (const space of own.filter((name) => name.startsWith(`${prefix}-`))) await ip("netns", "del", space);
  };
  try {
    await ip("netns", "add", hub);
    await ip("-n", hub, "link", "add", "switch", "type", "bridge");
    await ip("-n", hub, "link", "set", "switch", "up");
    for (const { space, port, address, mac } of places) {
      await ip("netns", "add", space);
      await ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space);
      await ip("-n", hub, "link", "set", port, "master", "switch", "up");
      await ip("-n", space, "link", "set", "lo", "up");
      await ip("-n", space, "link", "set", "eth0", "address", mac, "up");
      await ip("-n", space, "addr", "add", `${address}/24`, "dev", "eth0");
      // Known for good, so that a host which is gone is silence and not "no route", as behind a router.
      for (const other of places)
        if (other.space !== space)
          await ip("-n", space, "neigh", "add", other.address, "lladdr", other.mac, "dev", "eth0", "nud", "permanent");
    }
  } catch (reason) {
    await close();
    throw reason;
  }
  const hosts = places.map(
    ({ space, port, address }): Host => ({
      address,
      start: (command, args, options = {}) =>
        startProcess("ip", ["netns", "exec", space, command, ...args], { name: command, ...options }),
      cut: () => ip("-n", hub, "link", "set", port, "nomaster"),
      mend: () => ip("-n", hub, "link", "set", port, "master", "switch"),
    }),
  );
  return { hosts, close, [Symbol.asyncDispose]: close };
}

async function ip(...args: string[]): Promise<void> {
  await run("ip", args, { timeout: 10_000 });
}
