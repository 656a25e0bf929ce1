import type { CacheStatus } from "../registry/cache.ts";
import type { Node, ServiceRecord } from "../registry/registry.ts";
import type { MicroError } from "../words/errors.ts";
import type { Closeable } from "../words/lifecycle.ts";

/** A node with the record it came from. */
export interface Candidate {
  readonly node: Node;
  readonly record: ServiceRecord;
}

/** Whether a candidate may be used. Called when the set of nodes changes, not for each call. */
export type Filter = (candidate: Candidate) => boolean;

/** How many calls this process has under way at each node. */
export interface Load {
  of(candidate: Candidate): number;
}

/**
 * Decides the order. Called once for each service, with the load of its nodes where the selector knows it; the function
 * it gives is called once for each attempt with the candidates left, never none, in a stable order. It may throw 503
 * when none of them should be called.
 */
export type Strategy = (load?: Load) => (candidates: readonly Candidate[]) => Candidate;

export interface SelectOptions {
  /** Keep one array for many calls: results are remembered by its identity. */
  filters?: readonly Filter[];
  strategy?: Strategy;
  /**
   * Keeps calls that share this set at different nodes: the id of each node given is added, and one that was in the
   * set when the call began is not given.
   */
  apart?: Set<string>;
}

/** Gives one node an attempt. Within one call it gives each node once before it gives one again. */
export type Next = () => Candidate;

/** What a selector has left out since it was made; the numbers only grow. */
export interface SelectorStats {
  /** Times that a node was left out because it could not be reached. */
  readonly outages: number;
  /** Times that a node was left out because it did far worse than the others. */
  readonly ejections: number;
}

export interface Selector extends Closeable {
  /**
   * Looks the service up and gives the function that hands out nodes. Rejects with 404 `service NAME not found`
   * naming the registry that was asked; `Next` throws 503 when filters or failures leave nobody.
   * Answers at once, without a promise, when the service is known already.
   */
  select(service: string, options?: SelectOptions): Next | Promise<Next>;
  /** Tells how an attempt at a node went; `failed` when it could not be reached. Reached nodes come back at once. */
  mark(candidate: Candidate, outcome: "reached" | "failed"): void;
  /** Told when an attempt begins. Absent from selectors that do not count what is under way. */
  began?(candidate: Candidate): void;
  /** Told once for each `began` how the attempt ended: with an answer, or with the error that the caller would see. */
  ended?(candidate: Candidate, error?: MicroError): void;
  /** What is known of the services that were asked for lately. Absent from selectors that remember nothing. */
  known?(): Iterable<readonly [service: string, status: CacheStatus]>;
  /** Absent from selectors that leave nobody out. */
  stats?(): SelectorStats;
}
