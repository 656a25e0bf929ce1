import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { idleConnections } from "./idle-connections.ts";
import { raceBenches } from "./races.ts";
import { registryCache } from "./registry-cache.ts";
import { printRows, type Row } from "./table.ts";

const benches: Readonly<Record<string, () => Promise<Row[]>>> = {
  ...raceBenches,
  "idle-connections": idleConnections,
  "registry-cache": registryCache,
};

// Heap figures are taken after a collection.
setFlagsFromString("--expose_gc");
globalThis.gc = runInNewContext("gc") as NodeJS.GCFunction;

const args = process.argv.slice(2);
const json = args.includes("--json");
const asked = args.filter((arg) => !arg.startsWith("--"));
const unknown = asked.find((name) => !benches[name]);
if (unknown !== undefined || args.some((arg) => arg.startsWith("--") && arg !== "--json")) {
  console.error(`usage: npm run bench -- [${Object.keys(benches).join("|")}]… [--json]`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) printRows(name, await bench(), json);
}
