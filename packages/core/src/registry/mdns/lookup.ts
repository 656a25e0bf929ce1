import { type Clock, sleep } from "../../words/clock.ts";
import { compareBytes } from "../record.ts";
import type { ServiceRecord } from "../registry.ts";
import { groupByVersion } from "../versions.ts";
import { listName, nameFault } from "./instance.ts";
import type { Sighting } from "./sightings.ts";
import type { Station } from "./station.ts";

/**
 * Asks for a service and collects answers for `timeoutMs`. The wait is always spent: nobody knows how many there are
 * to answer. When half of it passes in silence the question is repeated, since it may have been lost.
 */
export async function lookUp(
  station: Station,
  clock: Clock,
  timeoutMs: number,
  service: string,
): Promise<ServiceRecord[]> {
  // What no node can be called, none is called.
  if (service === listName || nameFault(service, station.domain)) return [];
  const found = new Map<string, ServiceRecord>();
  const gone = new Set<string>();
  await collect(station, clock, timeoutMs, `${service}.${station.domain}`, (sighting) => {
    if (sighting.kind === "gone") {
      gone.add(sighting.name);
      found.delete(sighting.name);
    } else if (sighting.kind === "here" && sighting.record.name === service && !gone.has(sighting.name)) {
      found.set(sighting.name, sighting.record);
    }
    return found.size > 0;
  });
  return groupByVersion(found.values());
}

/** The names of all services, in order. mDNS carries nothing else in its list. */
export async function listNames(station: Station, clock: Clock, timeoutMs: number): Promise<string[]> {
  const names = new Set<string>();
  await collect(station, clock, timeoutMs, `${listName}.${station.domain}`, (sighting) => {
    if (sighting.kind === "service") names.add(sighting.name);
    return names.size > 0;
  });
  return [...names].sort(compareBytes);
}

async function collect(
  station: Station,
  clock: Clock,
  timeoutMs: number,
  name: string,
  take: (sighting: Sighting) => boolean,
): Promise<void> {
  let answered = false;
  const stop = station.hear((sighting) => {
    answered = take(sighting);
  });
  try {
    await station.ask(name);
    await sleep(clock, timeoutMs / 2, station.life);
    if (!answered) await station.ask(name);
    await sleep(clock, timeoutMs / 2, station.life);
  } finally {
    stop();
  }
}
