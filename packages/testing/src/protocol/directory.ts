import type { SimulatedServer } from "./server.ts";

/** Who listens where, and what is counted over the whole network. */
export interface Directory {
  /** By address. */
  readonly listening: Map<string, Listening>;
  /** `#1`, `#2`, … */
  nextCallId(): string;
}

/** An address at which connections are taken. */
export interface Listening {
  readonly server: SimulatedServer;
  accepting: boolean;
  /** Connections taken so far. */
  accepted: number;
}

export function createDirectory(): Directory {
  let calls = 0;
  return { listening: new Map(), nextCallId: () => `#${++calls}` };
}
