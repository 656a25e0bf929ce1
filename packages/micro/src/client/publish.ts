import { jsonArgument, publishMessage } from "@micro/commands";
import { type RunAsk, typed, words } from "./ask.ts";
import type { metadataFlag } from "./flags.ts";

/** `micro publish TOPIC JSON`. Ends when the message is delivered, or known not to be. */
export const publish: RunAsk<readonly [typeof metadataFlag]> = async ({ session, values, args, out }) => {
  const [topic] = words(args, ["the topic", "the message"], {
    example: `micro publish user.created '{"name":"ann"}'`,
    more: true,
  });
  const json = typed(() => jsonArgument(args.slice(1)));
  const broker = await session.broker();
  await publishMessage(broker, topic, json, values.metadata);
  out("ok\n");
};
