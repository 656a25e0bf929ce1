import { jsonArgument, replyText, streamEndpoint, streamFailureText } from "@micro/commands";
import { ConfigError } from "@micro/core";
import { CommandFailure } from "../command.ts";
import { type RunAsk, typed, words } from "./ask.ts";
import type { addressFlag, countFlag, metadataFlag, replyFlag } from "./flags.ts";

type Flags = readonly [typeof addressFlag, typeof replyFlag, typeof metadataFlag, typeof countFlag];

/** `micro stream SERVICE ENDPOINT [JSON | -]`: prints each reply as it comes, until the stream ends. */
export const stream: RunAsk<Flags> = async (ask) => {
  const { session, values, args, out, signal } = ask;
  const [service, endpoint] = words(args, ["the service", "the endpoint"], {
    example: `micro stream go.micro.srv.user User.Watch '{"name":"ann"}'`,
    more: true,
  });
  const fromInput = args[2] === "-" && args.length === 3;
  const messages = fromInput ? inputLines(signal) : [typed(() => jsonArgument(args.slice(2), { object: true }))];
  const client = await session.client();
  const { metadata, address: addresses, count = Number.POSITIVE_INFINITY } = values;
  const request = { service, endpoint, signal, ...(metadata && { metadata }), ...(addresses && { addresses }) };
  let seen = 0;
  try {
    for await (const reply of streamEndpoint(client, request, messages)) {
      if (values.output === "raw") {
        out(reply);
        out("\n");
      } else out(`${replyText(reply)}\n`);
      if (++seen >= count) return;
      await ask.room();
    }
  } catch (reason) {
    // Ctrl-C is how a person ends a stream that has no end of its own.
    if (signal.aborted) return;
    // A line of standard input that is no JSON object ends the call.
    if (reason instanceof Error && reason.cause instanceof ConfigError) throw reason.cause;
    throw new CommandFailure(streamFailureText(service, endpoint, reason), { cause: reason });
  }
};

/** The lines of standard input, each a JSON object; empty ones are passed over. */
async function* inputLines(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, signal });
  try {
    for await (const line of lines) {
      if (line.trim() !== "") yield typed(() => jsonArgument([line], { object: true }));
    }
  } finally {
    lines.close();
    // Paused but open, it would keep the process waiting for a line that nobody wants.
    process.stdin.unref?.();
  }
}
