// Everything that decides whether the repository is whole, in the order that fails soonest. Each step is a command that can be run alone.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const steps = [
  // turbo looks for pnpm in PATH, where only pnpm itself puts it.
  ["build", "npx", "--yes", packageManager, "exec", "turbo", "run", "build", "--output-logs=errors-only"],
  ["format and lint", "biome", "check", "."],
  ["layers", "node", "scripts/check-imports.mjs"],
  ["types of tests", "tsc", "-p", "tsconfig.json"],
  ["unit and conformance", "vitest", "run", "--project", "unit"],
  ["system", "vitest", "run", "--project", "system", "--project", "cli"],
  ["load", "vitest", "run", "--project", "load"],
  // Every program on the other gRPC engine; the faults of etcd are the same on both.
  [
    "scenarios on grpc-js",
    ...["env", "MICRO_TEST_GRPC_ENGINE=grpc-js", "vitest", "run", "--project", "load"],
    ...["test/scenarios/sample-mdns.test.ts", "test/scenarios/fleet-etcd.test.ts"],
    ...["-t", "on mDNS|goes round|when a copy is"],
  ],
];

const only = process.argv.slice(2);
const started = Date.now();
for (const [name, command, ...args] of steps) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
  const stepStarted = Date.now();
  console.log(`\n── ${name}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  if (error) throw error;
  console.log(`── ${name}: ${status === 0 ? "ok" : "FAILED"} after ${seconds(stepStarted)}`);
  if (status !== 0) process.exit(1);
}
console.log(`\nall ok after ${seconds(started)}`);

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
