import { createService } from "@micro/core";
import { callEndpoint, health, healthText, jsonArgument, listServices, replyText } from "../src/index.ts";

await using asker = createService({ name: "go.micro.example", argv: [], env: {} });
const { registry, rawClient: client } = asker;

export const names = await listServices(registry);
export const sick = async (service: string) => healthText(await health({ registry, client }, service));
export const hello = async (json: string) =>
  replyText(
    await callEndpoint(client, { service: "go.micro.srv.greeter", endpoint: "Say.Hello" }, jsonArgument([json])),
  );
