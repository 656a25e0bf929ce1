// Makes calls of one stack in a process of its own: `client.js STACK ENDPOINT`.
import { answer } from "./process.ts";
import type { Call, Endpoint } from "./stacks/stack.ts";
import { stacks } from "./stacks/stacks.ts";

interface Round {
  address: string;
  inFlight: number;
  ms: number;
}

const [, , name = "", endpoint] = process.argv;
const stack = await stacks[name]?.();
if (!stack) throw new Error(`no stack ${name}`);
let call: Call | undefined;

answer(async ({ address, inFlight, ms }: Round) => {
  call ??= await stack.connect(address, endpoint as Endpoint);
  const make = call;
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
