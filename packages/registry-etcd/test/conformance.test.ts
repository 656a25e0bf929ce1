import { setTimeout as sleep } from "node:timers/promises";
import { registryConformance } from "@micro/conformance";
import { type EtcdCluster, etcdServer, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe } from "vitest";
import { etcdRegistry } from "../src/index.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("on a real etcd", () => {
  let cluster: EtcdCluster;
  beforeAll(async () => {
    cluster = await startEtcd();
  }, 60_000);
  afterAll(() => cluster?.close());

  registryConformance("etcdRegistry", {
    open: () => etcdRegistry({ addresses: cluster.addresses }),
    elapse: (ms) => sleep(ms),
    minTtlMs: 2_000, // etcd's own least, with its usual election timeout
    renewsItself: true,
    crash: (registry) => registry.close(), // which neither deregisters nor gives leases back
  });
});
