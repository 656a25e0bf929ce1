// Serves one stack in a process of its own: `server.js STACK`. The first message may say what address is behind it.
import { answer } from "./process.ts";
import { stacks } from "./stacks/stacks.ts";

const stack = await stacks[process.argv[2] ?? ""]?.();
if (!stack) throw new Error(`no stack ${process.argv[2]}`);
let served: { address: string } | undefined;
answer(async ({ behind, memory = false }: { behind?: string; memory?: boolean }) => {
  served ??= await stack.serve(behind);
  if (memory) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { ...served, cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external };
});
