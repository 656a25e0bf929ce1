// A copy of the service that is called: `node --expose-gc dist/service.js --registry=etcd …`. Says at its end how many
// calls it ran, so that one which ran twice is found.
import { createService, sleep, systemClock } from "@micro/core";
import { etcd } from "@micro/registry-etcd";
import { type Task, Work } from "./gen/work.ts";
import { held } from "./held.ts";

let ran = 0;

async function work(task: Task): Promise<Task> {
  ran++;
  if (task.ms > 0) await sleep(systemClock, task.ms);
  return task;
}

const service = createService({
  name: "go.micro.srv.endurance",
  plugins: [etcd],
  hooks: { afterStop: () => console.log(`ran ${ran} calls`) },
});
service.handle(Work, {
  do: work,
  look: work,
  async *count({ number, ms }) {
    for (let index = 0; index <= ms; index++) yield { number: number + BigInt(index) };
  },
  held,
});
await service.run();
