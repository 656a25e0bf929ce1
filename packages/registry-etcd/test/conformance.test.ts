import { setTimeout as sleep } from "node:timers/promises";
import { registryConformance } from "@micro/conformance";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe } from "vitest";
import { etcdRegistry } from "../src/index.ts";
import { type Rig, rig } from "./rig.ts";

const available = await requireServer(etcdServer);

describe.skipIf(!available)("on a real etcd", () => {
  let one: Rig;
  beforeAll(async () => {
    one = await rig();
  }, 60_000);
  afterAll(() => one?.close());

  registryConformance("etcdRegistry", {
    open: () => etcdRegistry({ addresses: one.addresses }),
    elapse: (ms) => sleep(ms),
    minTtlMs: 2_000, // etcd's own least, with its usual election timeout
    renewsItself: true,
    crash: (registry) => registry.close(), // which neither deregisters nor gives leases back
    async cutOff() {
      for (const cable of one.cables) cable.blackhole();
      return async () => {
        for (const cable of one.cables) cable.heal();
      };
    },
  });
});
