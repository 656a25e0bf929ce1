import { defineConfig } from "vitest/config";

const unbuilt = ["**/node_modules/**", "**/dist/**"];

// Those that need the machine to themselves: they put load on a cluster and count what it loses, take members of etcd
// away for longer than a lease lives, weigh memory, use the sample's own names on mDNS, or write over the bundled program.
const load = [
  "packages/registry-etcd/test/{contact,discovery,faults}.test.ts",
  "test/cli/new.test.ts",
  "test/endurance/**/*.test.ts",
  "test/grpc/soak.test.ts",
  "test/interop/{broker-kill,kill,mixed-fleet}.test.ts",
  "test/scenarios/{fleet-etcd,partition,sample-mdns}.test.ts",
];

const patience = { testTimeout: 120_000, hookTimeout: 180_000 };
// These mostly wait for others.
const twoAtATime = { maxWorkers: 2, sequence: { groupOrder: 1 }, ...patience };

// Everything but `unit` starts real servers and programs of ours. Files of `unit` run side by side, as many as there are
// processors; those of `system` and `cli` two at a time, in one step; those of `load` one at a time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/*/test/**/*.test.ts",
            "services/*/{src,test}/**/*.test.ts",
          ],
          exclude: ["packages/registry-*/test/**", ...unbuilt],
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "system",
          include: ["packages/registry-*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["test/cli/**", ...load, ...unbuilt],
          ...twoAtATime,
        },
      },
      {
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          exclude: [...load, ...unbuilt],
          globalSetup: "test/cli/bundle.ts",
          ...twoAtATime,
        },
      },
      {
        test: {
          name: "load",
          include: load,
          exclude: unbuilt,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...patience,
        },
      },
    ],
  },
});
