import type { LocalServer } from "../local/local-server.ts";
import type { ServiceRecord } from "../registry/registry.ts";
import type { Methods, ServiceDescription } from "../words/description.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./handler.ts";

/** Calls answered since the start, and how many of them with an error. */
export interface CallCounts {
  readonly requests: number;
  readonly errors: number;
}

/** Answers calls on one port, in every protocol it was given. */
export interface Server<C extends Context = Context> extends Closeable {
  /** Adds the methods of a service; before `start`. Internal ones are served but not told to the registry. */
  handle<M extends Methods>(
    description: ServiceDescription<M>,
    handlers: Handlers<M, C>,
    options?: { internal?: boolean },
  ): void;
  /** Listens. Rejects with a `ConfigError` when the address cannot be had. */
  start(): Promise<void>;
  /** Where it listens, `[::]:10507`; empty before `start`. */
  readonly address: string;
  /** What a registry should be told: the node with its advertised address, and the endpoints. After `start`. */
  record(): ServiceRecord;
  /** Serves callers of the same process without a wire; hand it to `LocalNodes.add` under the node's id. */
  readonly local: LocalServer;
  calls(): CallCounts;
  /** Takes no new calls, and resolves when those in flight are answered or `timeoutMs` have passed. Says how many were cut off. */
  drain(timeoutMs: number): Promise<number>;
}
