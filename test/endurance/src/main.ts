// `pnpm --filter endurance start NAME`: runs one program for long and prints what became of it, as JSON.
import { parseArgs } from "node:util";
import { etcdServer, requireServer } from "@micro/testbed";
import { goawayKeepalive } from "./goaway-keepalive.ts";
import { hostilePeers } from "./hostile-peers.ts";
import { million } from "./million.ts";
import { restarts } from "./restarts.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: "string" },
    "per-second": { type: "string", default: "500" },
    seconds: { type: "string", default: "600" },
    calls: { type: "string", default: "1000000" },
    streams: { type: "string", default: "100000" },
    changes: { type: "string", default: "100000" },
  },
});
const perSecond = Number(values["per-second"]);

async function onEtcd<T>(run: () => Promise<T>): Promise<T> {
  if (!(await requireServer(etcdServer))) throw new Error("this program needs etcd");
  return run();
}

const programs: Readonly<Record<string, () => Promise<object>>> = {
  "rolling-restarts": () => onEtcd(() => restarts({ times: Number(values.times ?? 50), perSecond, by: "SIGTERM" })),
  kills: () => onEtcd(() => restarts({ times: Number(values.times ?? 20), perSecond, by: "SIGKILL" })),
  "hostile-peer": () => hostilePeers({ seconds: Number(values.seconds) }),
  million: () =>
    million({ calls: Number(values.calls), streams: Number(values.streams), changes: Number(values.changes) }),
  "goaway-keepalive": () => goawayKeepalive(),
};

const name = positionals[0] ?? "";
const program = programs[name];
if (!program || positionals.length > 1) {
  console.error(`usage: pnpm --filter endurance start ${Object.keys(programs).join("|")} [--OPTION NUMBER]…
  rolling-restarts, kills   --times --per-second
  hostile-peer              --seconds
  million                   --calls --streams --changes`);
  process.exit(2);
}
console.log(JSON.stringify(await program(), null, 2));
