import type { Client } from "../client/client.ts";
import { createClient } from "../client/create-client.ts";
import { hedge } from "../client/hedge.ts";
import { retryUnprocessed } from "../client/retry.ts";
import { countCalls, countStreams, retryBudget, withRetryBudget } from "../client/retry-budget.ts";
import type { LocalNodes } from "../local/local-nodes.ts";
import type { Registry } from "../registry/registry.ts";
import type { OutlierOptions } from "../selector/outliers.ts";
import { registrySelector } from "../selector/registry-selector.ts";
import type { Selector, SelectorStats, Strategy } from "../selector/selector.ts";
import type { Clock } from "../words/clock.ts";
import { type Closeable, closeStack } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { metadata } from "../words/metadata.ts";
import { callNotes } from "./call-notes.ts";
import type { Tracer } from "./debug/spans.ts";
import { localFirst } from "./local-calls.ts";
import type { SpokenProtocols } from "./protocols.ts";
import type { CallsMade } from "./service.ts";
import type { ServiceOptions } from "./service-options.ts";
import type { Settings } from "./settings.ts";

export interface CallingParts {
  /** The name of the service, which calls carry as `micro-from-service`. */
  readonly name: string;
  readonly registry: Registry;
  readonly spoken: SpokenProtocols;
  /** The nodes that this process serves; undefined when they are called as any other. */
  readonly local: LocalNodes | undefined;
  readonly tracer: Tracer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a service's selector is made from; `registrySelector` takes it as it is. */
export interface SelectorParts {
  readonly registry: Registry;
  /** As flags and program chose it, with the node limit around it. */
  readonly strategy: Strategy;
  readonly outliers?: OutlierOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The calling side of a service. */
export interface Calling extends Closeable {
  readonly client: Client;
  /** What the selector knows of services, if it remembers. */
  known(): ReturnType<NonNullable<Selector["known"]>>;
  stats(): { readonly made: CallsMade; readonly leftOut: SelectorStats };
}

/** A client over the service's registry, with what flags and program ask for around its calls. */
export function calling(
  options: ServiceOptions,
  { values, strategy: chosen, makeSelector: fromFlag }: Settings,
  parts: CallingParts,
): Calling {
  const { name, registry, spoken, local, tracer, clock, logger } = parts;
  const strategy = local && options.localCalls === "preferred" ? localFirst(chosen, local) : chosen;
  const open = closeStack();
  const notes = open.use(callNotes(clock, logger));
  const makeSelector: (parts: SelectorParts) => Selector = fromFlag ?? options.selector ?? registrySelector;
  const selector = open.use(
    makeSelector({ registry, clock, strategy, logger, ...(options.outliers && { outliers: options.outliers }) }),
  );
  const budget = options.retryBudget && retryBudget({ ...options.retryBudget, clock, onRefused: notes.onRefused });
  const hedging =
    options.hedge && hedge({ ...options.hedge, clock, onHedge: notes.onHedge, ...(budget && { budget }) });
  const rule = options.client?.retry ?? retryUnprocessed;
  const client = open.use(
    createClient({
      selector,
      clock,
      protocols: spoken.called,
      ...(local && { local }),
      ...options.client,
      ...(spoken.toAddresses !== undefined && { protocol: spoken.toAddresses }),
      ...(options.codecs && { codecs: options.codecs }),
      // Inside hedging, so that each of two calls leaves a span of its own.
      middleware: [
        ...(budget ? [countCalls(budget)] : []),
        ...(options.clientMiddleware ?? []),
        ...(hedging ? [hedging] : []),
        ...(tracer ? [tracer.client] : []),
      ],
      streamMiddleware: [...(budget ? [countStreams(budget)] : []), ...(options.clientStreamMiddleware ?? [])],
      retry: budget ? withRetryBudget(rule, budget) : rule,
      onRetry: notes.onRetry,
      ...(values.client_request_timeout !== undefined && { timeoutMs: values.client_request_timeout }),
      ...(values.client_retries !== undefined && { retries: values.client_retries }),
      ...(values.client_pool_ttl !== undefined && { poolTtlMs: values.client_pool_ttl }),
      ...(options.clientTls && { tls: options.clientTls }),
      ...(options.maxMessageBytes !== undefined && { maxMessageBytes: options.maxMessageBytes }),
      metadata: { ...metadata(options.client?.metadata), "micro-from-service": name },
    }),
  );
  return {
    client,
    known: () => selector.known?.() ?? [],
    stats: () => ({
      made: { ...client.stats(), ...notes.counts },
      leftOut: selector.stats?.() ?? { outages: 0, ejections: 0 },
    }),
    close: open.close,
    [Symbol.asyncDispose]: open.close,
  };
}
