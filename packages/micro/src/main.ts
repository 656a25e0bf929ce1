#!/usr/bin/env node
import { once } from "node:events";
import { runMicro } from "./run.ts";
import { wantsColours } from "./style.ts";

// Whoever reads may stop before the end, as `head` does; that is no failure of ours.
process.stdout.on("error", (reason: NodeJS.ErrnoException) => {
  if (reason.code !== "EPIPE") throw reason;
  process.exit();
});

process.exitCode = await runMicro({
  argv: process.argv.slice(2),
  env: process.env,
  colours: wantsColours(process.stdout.isTTY, process.env),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  async room() {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  },
});
