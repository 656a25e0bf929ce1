export { type ExploreOptions, explore, SeedFailure } from "./explore.ts";
export type { Faults } from "./faults.ts";
export { type Fleet, type FleetOptions, testFleet } from "./fleet.ts";
export type { FleetNetwork, Links, Party } from "./fleet-network.ts";
export type { FleetServiceOptions } from "./fleet-service.ts";
export { type Random, seededRandom } from "./random.ts";
export { formatEntry, type TraceEntry } from "./trace.ts";
