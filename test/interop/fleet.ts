import type { Service } from "@micro/core";
import { type EtcdCluster, etcdServer, requireServer, startEtcd } from "@micro/testbed";
import { type GoPeer, startGoPeer } from "./go-peer.ts";
import { createPeer } from "./src/peer.ts";

export type RegistryName = "etcd" | "mdns";

/** A go-micro service and one of ours, who know of each other through one registry only. */
export interface Fleet extends AsyncDisposable {
  readonly registry: RegistryName;
  readonly etcd: EtcdCluster | undefined;
  readonly go: GoPeer;
  readonly goName: string;
  readonly ours: Service;
  readonly ourName: string;
  /** Where ours listens, `127.0.0.1:port`. */
  readonly ourAddress: string;
  /** Flags with which another program joins. */
  readonly args: readonly string[];
  close(): Promise<void>;
}

/** Registries that can be had here: mDNS always, etcd when it is installed or can be. */
export async function availableRegistries(): Promise<RegistryName[]> {
  return (await requireServer(etcdServer)) ? ["etcd", "mdns"] : ["mdns"];
}

/** Names that no other run on this network uses. */
export function uniqueName(word: string): string {
  return `interop.${word}.x${Math.random().toString(36).slice(2, 10)}`;
}

export async function startFleet(registry: RegistryName): Promise<Fleet> {
  const etcd = registry === "etcd" ? await startEtcd() : undefined;
  const args = registryArgs(registry, etcd?.addresses);
  const [goName, ourName] = [uniqueName("go"), uniqueName("ts")];
  const ours = createPeer({
    name: ourName,
    argv: ["--server_address=127.0.0.1:0", "--log_level=fatal", ...args],
    env: {},
    noticeMs: 0,
  });
  await ours.start();
  const go = await startGoPeer({ name: goName, args });
  const close = async (): Promise<void> => {
    await ours.close();
    await go.stop();
    await etcd?.close();
  };
  return {
    registry,
    etcd,
    go,
    goName,
    ours,
    ourName,
    ourAddress: ours.address,
    args,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function registryArgs(registry: RegistryName, addresses: readonly string[] = []): string[] {
  return registry === "etcd" ? ["--registry=etcd", `--registry_address=${addresses.join(",")}`] : ["--registry=mdns"];
}
