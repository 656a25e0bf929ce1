import {
  type Broker,
  type Client,
  type Closeable,
  closeable,
  closeOnce,
  closeStack,
  type Logger,
  type Registry,
} from "@micro/core";
import { openRegistry } from "./open-registry.ts";
import type { SessionValues } from "./session-flags.ts";

/** What a command asks. Each part is loaded and opened by its first use, since most commands need but one. */
export interface Session extends Closeable {
  /** The name of the registry, known before it is open. */
  readonly registryName: string;
  registry(): Promise<Registry>;
  client(): Promise<Client>;
  broker(): Promise<Broker>;
}

/** The parts that the flags choose. Opens none of them yet. */
export function openSession(values: SessionValues, logger: Logger): Session {
  const parts = closeStack();
  const registry = onceOnly(async () => parts.use(await openRegistry(values, logger)));
  const client = onceOnly(async () => {
    const [{ openClient }, opened] = await Promise.all([import("../client/service-asks.ts"), registry()]);
    return parts.use(openClient(values, opened, logger));
  });
  const broker = onceOnly(async () => {
    const [{ openBroker }, opened] = await Promise.all([import("../client/service-asks.ts"), registry()]);
    return parts.use(await openBroker(values, opened, logger));
  });
  return {
    registryName: values.registry ?? "mdns",
    registry,
    client,
    broker,
    ...closeable(closeOnce(() => parts.close())),
  };
}

/** Its first outcome, for ever; but one that failed may be tried again. */
function onceOnly<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined;
  return () => {
    opening ??= open().catch((reason) => {
      opening = undefined;
      throw reason;
    });
    return opening;
  };
}
