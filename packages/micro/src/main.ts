import { runMicro } from "./run.ts";

process.exitCode = await runMicro({
  argv: process.argv.slice(2),
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
