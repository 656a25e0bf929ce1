import { messageJson, messageText, subscribeTopic } from "@micro/commands";
import { type RunAsk, words } from "./ask.ts";
import type { countFlag, outputFlag, queueFlag } from "./flags.ts";

/** `micro subscribe TOPIC`: prints each message on a line, until Ctrl-C. */
export const subscribe: RunAsk<readonly [typeof outputFlag, typeof queueFlag, typeof countFlag]> = async (ask) => {
  const { session, values, args, out, err, signal } = ask;
  const [topic] = words(args, ["the topic"], { example: "micro subscribe user.created" });
  const { queue, count = Number.POSITIVE_INFINITY } = values;
  const broker = await session.broker();
  const onSubscribed = (): void => err(`subscribed to ${topic}${queue ? `, queue ${queue}` : ""}; Ctrl-C ends\n`);
  let seen = 0;
  for await (const message of subscribeTopic(broker, { topic, signal, onSubscribed, ...(queue && { queue }) })) {
    out(`${values.output === "json" ? messageJson(topic, message) : messageText(message)}\n`);
    if (++seen >= count) return;
    await ask.room();
  }
};
