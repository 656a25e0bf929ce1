// Calls the service until SIGTERM, then writes its tally: `node dist/caller.js METHOD PER_SECOND HOLD_MS --registry=etcd …`
import { once } from "node:events";
import { createService } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { startLoad } from "@micro/testbed";
import { Work } from "./gen/work.ts";

const service = createService({ name: "endurance.caller", plugins: [etcd] });

await service.runOnce(async () => {
  const [method = "do", perSecond = "500", holdMs = "20"] = service.args;
  const calls = service.client(Work, "go.micro.srv.endurance");
  const call = method === "look" ? calls.look : calls.do;
  let slowestMs = 0;
  const load = startLoad(
    async (number) => {
      const began = performance.now();
      const reply = await call({ number: BigInt(number), ms: Number(holdMs) });
      slowestMs = Math.max(slowestMs, performance.now() - began);
      if (reply.number !== BigInt(number)) throw new Error(`call ${number} got the reply of ${reply.number}`);
    },
    { perSecond: Number(perSecond) },
  );
  const progress = setInterval(() => console.log(`made ${load.tally.made} failed ${load.tally.failed}`), 100);
  await once(process, "SIGTERM");
  clearInterval(progress);
  const tally = await load.stop();
  console.log(`tally ${JSON.stringify({ ...tally, slowestMs: Math.round(slowestMs) })}`);
});
