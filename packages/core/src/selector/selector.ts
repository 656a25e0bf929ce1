import type { Node, ServiceRecord } from "../registry/registry.ts";
import type { Closeable } from "../words/lifecycle.ts";

/** A node with the record it came from. */
export interface Candidate {
  readonly node: Node;
  readonly record: ServiceRecord;
}

/** Whether a candidate may be used. Called when the set of nodes changes, not for each call. */
export type Filter = (candidate: Candidate) => boolean;

/**
 * Decides the order. Called once for each service; the function it gives is called once for each attempt with the
 * candidates left, never none, in a stable order.
 */
export type Strategy = () => (candidates: readonly Candidate[]) => Candidate;

export interface SelectOptions {
  /** Keep one array for many calls: results are remembered by its identity. */
  filters?: readonly Filter[];
  strategy?: Strategy;
}

/** Gives one node an attempt. Within one call it gives each node once before it gives one again. */
export type Next = () => Candidate;

export interface Selector extends Closeable {
  /**
   * Looks the service up and gives the function that hands out nodes. Rejects with 404 `service NAME not found`
   * naming the registry that was asked; `Next` throws 503 when filters or failures leave nobody.
   * Answers at once, without a promise, when the service is known already.
   */
  select(service: string, options?: SelectOptions): Next | Promise<Next>;
  /** Tells how an attempt at a node went; `failed` when it could not be reached. Reached nodes come back at once. */
  mark(candidate: Candidate, outcome: "reached" | "failed"): void;
}
