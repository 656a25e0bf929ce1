// Serves one stack in a process of its own: `server.js STACK`.
import { answer } from "./process.ts";
import { stacks } from "./stacks/stacks.ts";

const stack = await stacks[process.argv[2] ?? ""]?.();
if (!stack) throw new Error(`no stack ${process.argv[2]}`);
let served: { address: string } | undefined;
answer(async ({ memory = false }: { memory?: boolean }) => {
  served ??= await stack.serve();
  if (memory) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { ...served, cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external };
});
