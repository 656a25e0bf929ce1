import { Agent, get } from "node:http";
import { connect } from "node:net";
import { type CloseStack, ConfigError, closeStack, createService } from "@micro/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Api, createApi } from "../src/index.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { send } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let api: Api;

const address = "127.0.0.1:0";

beforeEach(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
});
afterEach(() => open.close());

async function start(drainTimeoutMs: number): Promise<void> {
  const caller = open.use(
    createService({ name: "go.micro.api", address, registry: "memory", argv: ["--log_level=fatal"], env: {} }),
  );
  api = open.use(createApi({ client: caller.rawClient }, { address, drainTimeoutMs, timeoutMs: 60_000 }));
  await api.start();
}

test("requests in flight are finished, new connections are refused", async () => {
  await start(60_000);
  const began = fleet.slowBegan();
  const reply = send(api.address, "/user/say/slow", { headers: { connection: "keep-alive" } });
  const { finish } = await began;
  const closed = api.close();
  await expect(send(api.address, "/user")).rejects.toThrow("ECONNREFUSED");
  finish();
  expect(await reply).toMatchObject({ status: 200, headers: { connection: "close" }, text: '{"msg":"at last"}' });
  await closed;
});

test("connections without a request do not hold up closing", async () => {
  await start(60_000);
  const agent = new Agent({ keepAlive: true });
  await new Promise<void>((resolve, reject) => {
    get(`http://${api.address}/user`, { agent }, (reply) => reply.resume().on("end", resolve)).on("error", reject);
  });
  const [host, port] = api.address.split(":");
  const silent = connect(Number(port), host);
  await new Promise((resolve) => silent.once("connect", resolve));
  const ended = new Promise((resolve) => silent.once("close", resolve));
  silent.on("error", () => undefined).resume();
  await api.close();
  await ended;
  agent.destroy();
});

test("what is still in flight when the drain timeout ends is cut off and its call cancelled", async () => {
  await start(50);
  const began = fleet.slowBegan();
  const reply = expect(send(api.address, "/user/say/slow")).rejects.toThrow();
  const { aborted } = await began;
  await api.close();
  await aborted;
  await reply;
});

test("closing twice, and before start, is fine", async () => {
  await start(1_000);
  await Promise.all([api.close(), api.close()]);
  await api.close();
  const never = createApi({ client: fleet.user.rawClient }, { address });
  await never.close();
});

test("a port in use is one clear line", async () => {
  await start(1_000);
  const second = open.use(createApi({ client: fleet.user.rawClient }, { address: api.address }));
  await expect(second.start()).rejects.toThrow(new ConfigError(`cannot listen on ${api.address}: the port is in use`));
});

test.each([
  [{ address: "nowhere" }, "address"],
  [{ namespace: "a b" }, "namespace"],
])("a mistake in the options is a ConfigError: %j", async (options, word) => {
  const begin = async (): Promise<void> => {
    const bad = open.use(createApi({ client: fleet.user.rawClient }, options));
    await bad.start();
  };
  await expect(begin()).rejects.toThrow(ConfigError);
  await expect(begin()).rejects.toThrow(word);
});
