import { buffer } from "node:stream/consumers";
import { runCommand } from "./cli.ts";
import { runPlugin } from "./plugin.ts";

const args = process.argv.slice(2);
// protoc and buf start a plugin without arguments and with the request on standard input.
if (args.length === 0 && !process.stdin.isTTY) {
  const answer = runPlugin(await buffer(process.stdin), (sentence) => process.stderr.write(`${sentence}\n`));
  process.stdout.write(answer);
} else {
  process.exitCode = await runCommand(args.length === 0 ? ["--help"] : args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
