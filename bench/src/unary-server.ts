import { answer } from "./process.ts";
import { variants } from "./unary-variants.ts";

const variant = variants[process.argv[2] ?? ""];
if (!variant) throw new Error(`no variant ${process.argv[2]}`);
let served: { address: string } | undefined;
answer(async () => {
  served ??= await variant.serve();
  const { user, system } = process.cpuUsage();
  return { ...served, cpuUs: user + system };
});
