import { type CloseStack, closeStack, memoryRegistry, type Registry } from "@micro/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApi } from "../src/index.ts";
import { startFleet } from "./fleet.ts";
import { startApi } from "./gateway.ts";
import { send } from "./http.ts";

let open: CloseStack;
beforeEach(() => {
  open = closeStack();
});
afterEach(() => open.close());

/** A registry of this process whose line can be cut. */
function cuttable(): { registry: Registry; contact(inTouch: boolean): void } {
  const registry = open.use(memoryRegistry());
  let tell: (inTouch: boolean) => void = () => undefined;
  return {
    registry: {
      ...registry,
      watch(options = {}) {
        tell = (inTouch) => options.onContact?.(inTouch);
        return registry.watch(options);
      },
    },
    contact: (inTouch) => tell(inTouch),
  };
}

test("it lives, and is ready once the registry has answered, also while that is out of touch", async () => {
  const { registry, contact } = cuttable();
  const { address } = await startApi(open, {}, { registry });
  expect(await send(address, "/health/live")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  expect(await send(address, "/health/ready")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  contact(false);
  const reply = await send(address, "/health/ready");
  expect(reply.status).toBe(200);
  expect(reply.json()).toEqual({ status: "degraded", reasons: ["registry memory is out of touch"] });
  expect((await send(address, "/health/live")).status).toBe(200);
  contact(true);
  expect(await send(address, "/health/ready")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
});

test("it is not ready before the registry has answered", async () => {
  const registry = open.use(memoryRegistry());
  const silent: Registry = {
    ...registry,
    async *watch(options = {}) {
      await new Promise((resolve) => options.signal?.addEventListener("abort", resolve));
      yield* [];
    },
  };
  const { address } = await startApi(open, {}, { registry: silent });
  const reply = await send(address, "/health/ready");
  expect(reply.status).toBe(503);
  expect(reply.json()).toEqual({ status: "unavailable", reasons: ["registry memory has not answered yet"] });
});

test("a gateway that drains is not ready, and says so at the admin address", async () => {
  const fleet = open.use(await startFleet());
  const { rawClient: client, registry } = fleet.user;
  const api = open.use(createApi({ client, registry }, { address: "127.0.0.1:0", adminAddress: "127.0.0.1:0" }));
  await api.start();
  expect((await send(api.adminAddress, "/health/ready")).status).toBe(200);
  const began = fleet.slowBegan();
  const slow = send(api.address, "/user/say/slow");
  const call = await began;
  const closed = api.close();
  const reply = await send(api.adminAddress, "/health/ready");
  expect(reply.status).toBe(503);
  expect(reply.json()).toMatchObject({ reasons: ["the gateway is closing"] });
  call.finish();
  expect((await slow).status).toBe(200);
  await closed;
  await expect(send(api.adminAddress, "/health/live")).rejects.toThrow();
});

test("the admin address answers what it has and nothing else", async () => {
  const { address, adminAddress } = await startApi(open, { adminAddress: "127.0.0.1:0" });
  expect((await send(adminAddress, "/user/say/hello")).json()).toMatchObject({ code: 404, id: "go.micro.api" });
  expect((await send(adminAddress, "/%")).status).toBe(400);
  expect((await send(address, "/health/live")).status).toBe(200);
});
