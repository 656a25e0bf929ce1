import type { EventContext } from "../broker/event-context.ts";
import type { PublicationOptions } from "../broker/publication.ts";
import type { Subscriber, SubscriberMethods, SubscriberOptions } from "../broker/subscriber.ts";
import type { Client, ClientStats, TypedClient } from "../client/client.ts";
import type { Registry } from "../registry/registry.ts";
import type { SelectorStats } from "../selector/selector.ts";
import type { Context } from "../server/context.ts";
import type { Handlers } from "../server/handler.ts";
import type { CallCounts } from "../server/server.ts";
import type { Methods, ServiceDescription } from "../words/description.ts";
import type { Closeable } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import type { Flag, SettledFlagValues } from "./flags.ts";

/** A context whose calls go on in the name of the one being answered. */
export interface ServiceContext extends Context {
  /** A client whose calls hand on this call's metadata, deadline and cancellation. */
  client<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M>;
  /** Publishes a message that hands on this call's metadata. */
  publish<T>(topic: string, value: T, options?: PublicationOptions<T>): Promise<void>;
}

/** What a subscriber of a service knows and can do; calls and messages hand on the metadata of the one being handled. */
export interface SubscriberContext extends EventContext {
  client<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M>;
  publish<T>(topic: string, value: T, options?: PublicationOptions<T>): Promise<void>;
}

/** What a service has done since it was made, for whoever measures; the numbers only grow. */
export interface ServiceStats {
  /** Calls answered. */
  readonly served: CallCounts;
  /** Calls made. */
  readonly made: CallsMade;
  /** Nodes of others that were left out. */
  readonly leftOut: SelectorStats;
}

export interface CallsMade extends ClientStats {
  /** Second calls to another node, because the first took long. */
  readonly hedges: number;
  /** Retries and hedges that the retry budget had nothing left for. */
  readonly refused: number;
}

/**
 * One running copy of a service: a server, a client and a place in the registry.
 *
 * Nothing is opened until `start`, `run`, or the first call of a client.
 */
export interface Service<F extends readonly Flag[] = readonly []> extends Closeable {
  /** The registry's name, after flags and environment. */
  readonly name: string;
  readonly version: string;
  readonly logger: Logger;
  /** What flags and positional arguments are left to the program: everything that is no flag. */
  readonly args: readonly string[];
  /** The values of `ServiceOptions.flags`; those without a default are there only when they were set. */
  readonly flags: SettledFlagValues<F>;
  /** Calls by names and bytes, for programs that have no description of what they call. */
  readonly rawClient: Client;
  /** The registry that flags and environment chose, opened by its first use. */
  readonly registry: Registry;
  /** Where it listens, `[::]:10507`; empty before `start`. */
  readonly address: string;
  /** Adds the methods of a service; before `start`. */
  handle<M extends Methods>(
    description: ServiceDescription<M>,
    handlers: Handlers<M, ServiceContext>,
    options?: { internal?: boolean },
  ): this;
  /**
   * Calls a function with each message of a topic; before `start`. Subscribers of one `queue` share the messages, each
   * going to one of them. What the function throws is logged, or given to `options.onError`.
   */
  subscribe<T>(
    topic: string,
    subscriber: Subscriber<T, SubscriberContext> | SubscriberMethods<T, SubscriberContext>,
    options?: SubscriberOptions<T>,
  ): this;
  /** Publishes a value: a message of `options.type`, bytes, or anything that JSON can hold. Resolves when the broker has it. */
  publish<T>(topic: string, value: T, options?: PublicationOptions<T>): Promise<void>;
  stats(): ServiceStats;
  /** A typed client of another service. */
  client<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M>;
  /**
   * Listens and registers. A registry that cannot be reached is an error line and is tried again until it can; a
   * mistake in flags, environment or options rejects with a `ConfigError`.
   */
  start(): Promise<void>;
  /**
   * Deregisters, waits until callers have noticed, finishes the calls in flight, and closes everything. The same as
   * `close`.
   */
  stop(): Promise<void>;
  /**
   * The life of a program: `--help`, start, wait for SIGTERM, SIGINT or SIGQUIT, stop. A second signal ends the process at
   * once. A `ConfigError` becomes one line on stderr and exit code 2.
   */
  run(): Promise<void>;
  /**
   * The life of a program that only calls: does the task and closes. Mistakes are reported as `run` does; a `MicroError`
   * becomes one line on stderr and exit code 1.
   */
  runOnce(task: () => Promise<void>): Promise<void>;
}
