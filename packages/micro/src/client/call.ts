import { callEndpoint, callFailureText, jsonArgument, replyText } from "@micro/commands";
import { CommandFailure } from "../command.ts";
import { type RunAsk, typed, words } from "./ask.ts";
import type { addressFlag, metadataFlag, replyFlag } from "./flags.ts";

/** `micro call SERVICE ENDPOINT [JSON]`. */
export const call: RunAsk<readonly [typeof addressFlag, typeof replyFlag, typeof metadataFlag]> = async (ask) => {
  const { session, values, args, out } = ask;
  const [service, endpoint] = words(args, ["the service", "the endpoint"], {
    example: `micro call go.micro.srv.user User.Get '{"name":"ann"}'`,
    more: true,
  });
  const json = typed(() => jsonArgument(args.slice(2), { object: true }));
  const client = await session.client();
  const { metadata, address: addresses } = values;
  const request = {
    service,
    endpoint,
    signal: ask.signal,
    ...(metadata && { metadata }),
    ...(addresses && { addresses }),
  };
  const reply = await callEndpoint(client, request, json).catch((reason: unknown) => {
    throw new CommandFailure(callFailureText(service, endpoint, reason), { cause: reason });
  });
  if (values.output === "raw") {
    out(reply);
    out("\n");
  } else out(`${replyText(reply)}\n`);
};
