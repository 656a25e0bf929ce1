import { deregisterService, recordFrom, registerService } from "@micro/commands";
import { ConfigError } from "@micro/core";
import { type Ask, type RunAsk, typed, withoutKind, words } from "./ask.ts";
import type { ttlFlag } from "./flags.ts";

/** `micro register service JSON`. */
export const register: RunAsk<readonly [typeof ttlFlag]> = async (ask) => {
  const { session, values, out } = ask;
  const record = recordIn(ask, "register");
  const registry = await session.registry();
  await registerService(registry, record, values.ttl === undefined ? {} : { ttlMs: values.ttl });
  out("ok\n");
  if (ask.lasting || !answersForItself(registry.name)) return;
  ask.err(
    `registry ${registry.name} knows a record as long as the process that registered it runs; Ctrl-C takes it back\n`,
  );
  await aborted(ask.signal);
};

/** `micro deregister service JSON`. */
export const deregister: RunAsk<readonly []> = async (ask) => {
  const { session, lasting, out } = ask;
  const record = recordIn(ask, "deregister");
  if (!lasting && answersForItself(session.registryName))
    throw new ConfigError(
      `registry ${session.registryName} knows a record as long as the process that registered it runs, and only that one can take it back: end it`,
    );
  await deregisterService(await session.registry(), record);
  out("ok\n");
};

function recordIn({ args }: Pick<Ask, "args">, verb: string) {
  const json = withoutKind(args, "service");
  words(json, ["the record"], {
    example: `micro ${verb} service '{"name":"go.micro.srv.user","version":"1","nodes":[{"id":"user-1","address":"10.0.0.5:8080"}]}'`,
    more: true,
  });
  return typed(() => recordFrom(json.join(" ")));
}

/** Whether there is no server that keeps what a process told it. */
function answersForItself(registry: string): boolean {
  return registry === "mdns" || registry === "memory";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
