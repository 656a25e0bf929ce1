import { handlerNames, resolverNames } from "@micro/gateway";
import { expect, test } from "vitest";
import { gatewayFlags } from "./flags.ts";

test.each([
  ["handler", handlerNames],
  ["resolver", resolverNames],
])("--%s takes what the gateway knows", (name, known) => {
  const flag = gatewayFlags.find((each) => each.name === name);
  expect(flag).toMatchObject({ choices: known });
});
