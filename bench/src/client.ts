// Makes calls of one stack in a process of its own: `client.js STACK`.
import { answer } from "./process.ts";
import type { Call, Endpoint } from "./stacks/stack.ts";
import { stacks } from "./stacks/stacks.ts";

interface Round {
  address: string;
  endpoint: Endpoint;
  inFlight: number;
  ms: number;
}

const stack = await stacks[process.argv[2] ?? ""]?.();
if (!stack) throw new Error(`no stack ${process.argv[2]}`);
const calls = new Map<Endpoint, Call>();

answer(async ({ address, endpoint, inFlight, ms }: Round) => {
  const make = calls.get(endpoint) ?? (await stack.connect(address, endpoint));
  calls.set(endpoint, make);
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const end = began + ms;
  let replies = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const came = await make();
      replies += came; // not before the wait, where another loop would change it meanwhile
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { replies, ms: performance.now() - began, cpuUs: user + system };
});
