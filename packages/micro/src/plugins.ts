import type { Plugin, RegistryPlugin } from "@micro/core";

/** Answers to `--registry=etcd`. Its package is loaded when it is chosen. */
const etcd: RegistryPlugin = {
  kind: "registry",
  name: "etcd",
  open: async (options) => (await import("@micro/registry-etcd")).etcd.open(options),
};

/** Every plugin that the commands know beside those of core (mdns, memory). */
export const plugins: readonly Plugin[] = [etcd];
