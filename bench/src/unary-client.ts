import { answer } from "./process.ts";
import { variants } from "./unary-variants.ts";

interface Round {
  address: string;
  inFlight: number;
  ms: number;
}

const variant = variants[process.argv[2] ?? ""];
if (!variant) throw new Error(`no variant ${process.argv[2]}`);
let call: (() => Promise<unknown>) | undefined;

answer(async ({ address, inFlight, ms }: Round) => {
  call ??= variant.connect(address);
  const make = call;
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  const end = began + ms;
  let calls = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      await make();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { calls, ms: performance.now() - began, cpuUs: user + system };
});
