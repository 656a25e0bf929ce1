import { type CloseStack, closeStack } from "@micro/core";
import { type TcpProxy, tcpProxy } from "@micro/testbed";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Fleet, startFleet } from "./fleet.ts";
import { startGateway } from "./gateway.ts";
import { send, sendJson } from "./http.ts";

let open: CloseStack;
let fleet: Fleet;
let gateway: string;
let cables: TcpProxy[];

beforeEach(async () => {
  open = closeStack();
  fleet = open.use(await startFleet());
  gateway = await startGateway(open);
  cables = [
    open.use(await tcpProxy({ target: fleet.user.address })),
    open.use(await tcpProxy({ target: fleet.user.address })),
  ];
  const nodes = cables.map(({ address }) => ({ id: address, address, metadata: { protocol: "grpc" } }));
  const record = { name: "go.micro.api.cut", version: "1", metadata: {}, endpoints: [], nodes };
  await fleet.user.registry.register(record);
  open.defer(() => fleet.user.registry.deregister(record));
});
afterEach(() => open.close());

const cut = (): void => {
  for (const cable of cables) cable.reset();
};

test("a GET whose node dies under it is answered by another node", async () => {
  const first = fleet.slowBegan();
  const reply = send(gateway, "/cut/say/slow");
  await first;
  const second = fleet.slowBegan();
  cut();
  (await second).finish();
  expect(await reply).toMatchObject({ status: 200, text: '{"msg":"at last"}' });
});

test("a POST whose node dies under it is 503 and made once", async () => {
  let calls = 0;
  const first = fleet.slowBegan().then(() => calls++);
  const reply = sendJson(gateway, "/cut/say/slow", "{}");
  await first;
  void fleet.slowBegan().then(() => calls++);
  cut();
  expect(await reply).toMatchObject({ status: 503, headers: { "content-type": "application/json" } });
  expect(calls).toBe(1);
});

test("a POST to a node that refuses connections goes to another", async () => {
  await cables[0]?.refuse();
  for (let at = 0; at < 4; at++) {
    expect(await sendJson(gateway, "/cut/say/hello", '{"name":"a"}')).toMatchObject({ status: 200 });
  }
});

test("a service whose nodes are all gone is 503", async () => {
  await Promise.all(cables.map((cable) => cable.refuse()));
  expect(await send(gateway, "/cut/say/hello")).toMatchObject({
    status: 503,
    headers: { "content-type": "application/json" },
  });
});
