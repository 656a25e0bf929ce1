import type { Closeable, Selector, ServiceRecord } from "@micro/core";
import type { Patience } from "../patience.ts";

/** One selector and the place it finds nodes in. */
export interface SelectorBench extends Closeable {
  readonly selector: Selector;
  /** Makes nodes known to the selector's source; the selector may learn of them later. */
  add(record: ServiceRecord): Promise<void>;
  /** Takes nodes away again. */
  remove(record: ServiceRecord): Promise<void>;
}

/** How to get selectors of one kind, and what they honestly cannot do. */
export interface SelectorHarness extends Patience {
  /** A selector that knows nothing yet. The cases close it. */
  open(): SelectorBench | Promise<SelectorBench>;
  /** Lets this much time pass: turns the selector's test clock, or really waits. */
  elapse(ms: number): Promise<void>;
  /** How long a node that failed once is left out at most, in milliseconds; undefined when failures change nothing. */
  outageMs: number | undefined;
  /** How long the selector may take a service for unknown after it was, in milliseconds. @default 0 */
  unknownMs?: number;
  /** The selector knows versions, endpoints and metadata of nodes, so that filters can tell them apart. @default true */
  knowsRecords?: boolean;
}
