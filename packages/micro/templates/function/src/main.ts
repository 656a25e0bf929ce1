import { create__Alias__ } from "./function.ts";

const { service, answered } = create__Alias__();
const stopped = new Promise((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
});

// Flags, --help and failures as every service has them; then it deregisters and finishes the call it is answering.
await service.runOnce(async () => {
  await service.start();
  await Promise.race([answered, stopped]);
});
