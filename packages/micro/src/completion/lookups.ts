import { getService, listServices } from "@micro/commands";
import { MicroError } from "@micro/core";
import type { Session } from "../session/session.ts";
import type { Lookups } from "./candidates.ts";

/** What the registry of a session knows. What it cannot tell is nothing to complete with; whoever asks it in earnest hears why. */
export function registryLookups(session: Session): Lookups {
  return {
    services: () => orNothing(async () => listServices(await session.registry())),
    endpoints: (service) =>
      orNothing(async () => {
        const records = await getService(await session.registry(), service);
        const shown = records.flatMap(({ endpoints }) => endpoints.filter(({ metadata }) => !metadata.subscriber));
        return [...new Set(shown.map(({ name }) => name))];
      }),
  };
}

async function orNothing(ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await ask();
  } catch (reason) {
    if (reason instanceof MicroError) return [];
    throw reason;
  }
}
