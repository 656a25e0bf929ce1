// Works the engine at full speed against peers of every kind, checks each reply, and compares what is left over after
// a warm-up with what is left over at the end. `node --expose-gc dist/soak/main.js --seconds 180`
import { parseArgs } from "node:util";
import { createServer, grpc, sleep, systemClock } from "@micro/core";
import { tcpProxy } from "@micro/testbed";
import { TestService } from "../gen/test.ts";
import { churn, cutOff, impatient, type Place, slowReader, steady, talkative } from "./callers.ts";
import { closedWindows, lyingClients, lyingServers } from "./liars.ts";
import { echoHandlers } from "./messages.ts";
import { Tally } from "./tally.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "180" } } });
const seconds = Number(values.seconds);

const server = createServer({ name: "grpc.testing", address: "127.0.0.1:0", protocols: [grpc] });
server.handle(TestService, echoHandlers);
await server.start();

const warmUp = await workFor(seconds / 3);
const before = await leftOver();
const work = await workFor((seconds * 2) / 3);
const after = await leftOver();
await server.close();
const report = {
  seconds,
  counts: work.counts,
  wrong: { ...warmUp.wrong, ...work.wrong },
  unexpected: { ...warmUp.unexpected, ...work.unexpected },
  before,
  after,
};
console.log(JSON.stringify(report, null, 2));

/** All callers at once, until the time is over and the last call has ended. */
async function workFor(duration: number): Promise<Tally> {
  const tally = new Tally();
  const giveUp = new AbortController();
  const proxy = await tcpProxy({ target: server.address });
  const place: Place = { address: server.address, tally, stop: giveUp.signal };
  const callers = [steady, steady, churn, churn, impatient, talkative, slowReader, slowReader];
  const running = [...callers, lyingClients, closedWindows, lyingServers].map((caller) => caller(place));
  running.push(cutOff({ ...place, address: proxy.address }));
  const cutting = setInterval(() => proxy.reset(), 100);
  await sleep(systemClock, duration * 1_000);
  giveUp.abort();
  await Promise.all(running);
  clearInterval(cutting);
  await proxy.close();
  return tally;
}

/** What the process holds on to when nobody calls. */
async function leftOver(): Promise<{ heapBytes: number; bufferBytes: number; handles: Record<string, number> }> {
  if (!globalThis.gc) throw new Error("the soak counts what is left over, for which it needs node --expose-gc");
  // Sockets that were ended take a moment to be gone, and so does what their callbacks hold.
  for (let round = 0; round < 10; round++) {
    await sleep(systemClock, 100);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { heapBytes: heapUsed, bufferBytes: external, handles };
}
