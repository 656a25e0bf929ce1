// Peers that mean no good, each on a port of its own, and one that does. Prints where they are as JSON and stays.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createOurServer, grpc, MicroError, mucp, sleep, systemClock } from "@micro/core";
import { freePort } from "@micro/testbed";
import { type Task, Work } from "./gen/work.ts";
import { http2Manners, type Manner, mucpManners, rudeManners } from "./manners.ts";

/** A peer, and which protocol it is called by. */
export interface Peer {
  readonly manner: string;
  readonly protocol: "grpc" | "mucp";
  readonly address: string;
}

const peers: Peer[] = [];

async function listen(manner: Manner): Promise<string> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined); // the caller ends it in whatever way
    manner(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(work: (task: Task) => Promise<Task>): Promise<string> {
  const server = createOurServer({ name: "endurance", address: "127.0.0.1:0", protocols: [grpc, mucp] });
  server.handle(Work, {
    do: work,
    look: work,
    async *count(task) {
      for (let index = 0; index <= task.ms; index++) yield work(task);
    },
    held: () => ({}),
  });
  await server.start();
  return server.address;
}

let calls = 0;
async function fails(): Promise<Task> {
  const code = [400, 401, 403, 404, 408, 409, 429, 500, 501, 503][calls++ % 10] ?? 500;
  if (calls % 7 === 0) throw new TypeError("a mistake of the handler");
  throw new MicroError("endurance", code, "as asked");
}

async function dawdles(task: Task): Promise<Task> {
  await sleep(systemClock, 1_000);
  return task;
}

const good = await serve(async (task) => task);
const failing = await serve(fails);
const dawdling = await serve(dawdles);
const nobody = `127.0.0.1:${await freePort()}`;
for (const protocol of ["grpc", "mucp"] as const) {
  peers.push({ manner: "answers", protocol, address: good });
  peers.push({ manner: "fails", protocol, address: failing });
  peers.push({ manner: "dawdles", protocol, address: dawdling });
  peers.push({ manner: "is not there", protocol, address: nobody });
  const manners = { ...rudeManners, ...(protocol === "grpc" ? http2Manners : mucpManners) };
  for (const [name, manner] of Object.entries(manners))
    peers.push({ manner: name, protocol, address: await listen(manner) });
}
console.log(`peers ${JSON.stringify(peers)}`);
