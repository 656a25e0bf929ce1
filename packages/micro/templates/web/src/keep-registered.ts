import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { advertisedAddress, type Service } from "@micro/core";

const ttlMs = 60_000;

/** Tells the registry where this application is, again and again until the function it gives is called. */
export function keepRegistered(
  { name, version, registry, logger }: Service,
  { address: host, port }: AddressInfo,
  advertise?: string,
): () => Promise<void> {
  const address = advertisedAddress(advertise, { host, port });
  const node = { id: `${name}-${randomUUID()}`, address, metadata: { protocol: "http", registry: registry.name } };
  const record = { name, version, metadata: {}, endpoints: [], nodes: [node] };
  const register = () =>
    registry
      .register(record, { ttlMs })
      .catch((reason: unknown) => logger.error({ err: reason }, "registering failed; it is tried again"));
  void register();
  const timer = setInterval(register, ttlMs / 2);
  return async () => {
    clearInterval(timer);
    await registry.deregister(record);
  };
}
