import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RequiredServer } from "./debian.ts";
import { freePort } from "./port.ts";
import { type RunningProcess, startProcess } from "./process.ts";

const run = promisify(execFile);

/** For `requireServer`: etcd and etcdctl 3.4 or newer. */
export const etcdServer: RequiredServer = {
  name: "etcd",
  packages: ["etcd-server", "etcd-client"],
  commands: ["etcd", "etcdctl"],
};

/** PEM files. */
export interface EtcdTls {
  cert: string;
  key: string;
  /** Clients must show a certificate signed by this one. @default clients show none */
  clientCa?: string;
}

export interface StartEtcdOptions {
  /** @default 1 */
  members?: 1 | 3;
  /** Serves clients over TLS. @default plain text */
  tls?: EtcdTls;
  /**
   * What a member tells clients of where it listens, as `host:port` or a whole URL; called with its real address before
   * it is started. @default its real address
   */
  advertise?: (address: string, index: number) => string | Promise<string>;
  /** More flags for each member, `--max-txn-ops=64`. */
  args?: readonly string[];
}

export interface EtcdMember {
  /** Where clients connect, `127.0.0.1:port`. */
  readonly address: string;
  /** Of the running process; another one after `start`. */
  readonly pid: number;
  readonly running: boolean;
  /** Whether it was frozen and has not been thawed. */
  readonly frozen: boolean;
  /** What the member has logged since it was started last. */
  output(): string;
  kill9(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  /** Starts it again, with the same ports and data; resolves when it has joined. Does nothing while it runs. */
  start(): Promise<void>;
}

/** A real etcd on 127.0.0.1. */
export interface EtcdCluster extends AsyncDisposable {
  readonly addresses: readonly string[];
  readonly members: readonly EtcdMember[];
  /**
   * Runs `etcdctl` against the first member that is running and not frozen and gives what it wrote. With TLS,
   * verification takes `--cacert` among the arguments.
   */
  etcdctl(...args: string[]): Promise<string>;
  /** The member that leads the cluster, among those that are running and not frozen. Not with TLS. */
  leader(): Promise<EtcdMember>;
  /** Ends all members and removes their data. */
  close(): Promise<void>;
}

/** Starts a cluster and resolves when every member serves clients. Needs `requireServer(etcdServer)` first. */
export async function startEtcd(options: StartEtcdOptions = {}): Promise<EtcdCluster> {
  for (let attempt = 1; ; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), "micro-etcd-"));
    const cluster = await layOut(folder, options);
    try {
      await Promise.all(cluster.members.map((member) => member.start()));
      return cluster;
    } catch (reason) {
      await cluster.close();
      // Somebody took a port between our look and etcd's.
      if (attempt < 3 && String(reason).includes("address already in use")) continue;
      throw reason;
    }
  }
}

async function layOut(
  folder: string,
  { members = 1, tls, advertise, args = [] }: StartEtcdOptions,
): Promise<EtcdCluster> {
  const scheme = tls ? "https" : "http";
  const places = await Promise.all(
    Array.from({ length: members }, async (_, index) => {
      const address = `127.0.0.1:${await freePort()}`;
      const advertised = (await advertise?.(address, index)) ?? address;
      return {
        name: `m${index + 1}`,
        address,
        listen: `${scheme}://${address}`,
        advertised: advertised.includes("://") ? advertised : `${scheme}://${advertised}`,
        peer: await freePort(),
      };
    }),
  );
  const shared = [
    `--initial-cluster=${places.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(",")}`,
    "--initial-cluster-state=new",
    `--initial-cluster-token=${folder}`,
    "--logger=zap",
    ...(tls ? [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`] : []),
    ...(tls?.clientCa ? [`--trusted-ca-file=${tls.clientCa}`, "--client-cert-auth"] : []),
    ...args,
  ];
  const running = places.map(({ name, address, listen, advertised, peer }) =>
    etcdMember(address, `etcd ${name}`, [
      `--name=${name}`,
      `--data-dir=${join(folder, name)}`,
      `--listen-client-urls=${listen}`,
      `--advertise-client-urls=${advertised}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      ...shared,
    ]),
  );
  const close = async (): Promise<void> => {
    await Promise.all(running.map((member) => member.kill9()));
    await rm(folder, { recursive: true, force: true });
  };
  const answering = (): EtcdMember[] => running.filter((one) => one.running && !one.frozen);
  const ask = async (member: EtcdMember, command: readonly string[]): Promise<string> => {
    const { stdout } = await run("etcdctl", [`--endpoints=${scheme}://${member.address}`, ...command], {
      env: { ...process.env, ETCDCTL_API: "3" },
      timeout: 20_000,
    });
    return stdout;
  };
  return {
    addresses: running.map((member) => member.address),
    members: running,
    async etcdctl(...command) {
      const [member] = answering();
      if (!member) throw new Error(`etcdctl ${command.join(" ")}: no member of the cluster is running and not frozen`);
      return await ask(member, command);
    },
    async leader() {
      for (const member of answering()) {
        const status = await ask(member, ["endpoint", "status", "-w", "fields"]);
        const [, id] = /^"MemberID" : (\d+)$/m.exec(status) ?? [];
        const [, leader] = /^"Leader" : (\d+)$/m.exec(status) ?? [];
        if (id !== undefined && id === leader) return member;
      }
      throw new Error("no member of the cluster leads it");
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function etcdMember(address: string, name: string, args: readonly string[]): EtcdMember {
  let child: RunningProcess | undefined;
  let frozen: RunningProcess | undefined;
  return {
    address,
    get pid() {
      return child?.pid ?? 0;
    },
    get running() {
      return child?.running ?? false;
    },
    get frozen() {
      return frozen !== undefined && frozen === child && frozen.running;
    },
    output: () => child?.output() ?? "",
    async kill9() {
      await child?.kill9();
    },
    freeze() {
      child?.freeze();
      frozen = child;
    },
    thaw() {
      child?.thaw();
      frozen = undefined;
    },
    async stop() {
      await child?.stop();
    },
    async start() {
      if (child?.running) return;
      child = await startProcess("etcd", args, { name });
      // Written when the member is part of a cluster with a leader and accepts clients.
      await child.waitForLine(/serving (insecure|client|.*TLS).*(traffic|requests)|serving client traffic/i, {
        timeoutMs: 30_000,
      });
    },
  };
}
