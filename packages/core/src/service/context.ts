import type { EventContext } from "../broker/event-context.ts";
import type { PublicationOptions } from "../broker/publication.ts";
import type { CallOptions, Client, TypedClient } from "../client/client.ts";
import type { IncomingCall } from "../protocol/protocol.ts";
import { CallContext } from "../server/context.ts";
import type { Methods, ServiceDescription } from "../words/description.ts";
import type { Logger } from "../words/logger.ts";
import { forwarded, type Metadata } from "../words/metadata.ts";
import type { ServiceContext, SubscriberContext } from "./service.ts";

type AnyCall = (request: unknown, options?: CallOptions) => Promise<unknown>;

export type Publish = <T>(topic: string, value: T, options?: PublicationOptions<T>) => Promise<void>;

/** Makes contexts whose calls and messages inherit from the call or message being handled. */
export interface ContextMaker {
  ofCall(call: IncomingCall, logger: Logger): ServiceContext;
  ofEvent(event: EventContext): SubscriberContext;
}

export function contextMaker(client: Pick<Client, "of">, publish: Publish): ContextMaker {
  // Typed clients are the same for every call; only what they inherit differs.
  const clients = new Map<ServiceDescription, Map<string, Record<string, AnyCall>>>();

  function typedClient(description: ServiceDescription, service: string): Record<string, AnyCall> {
    const byService = clients.get(description) ?? new Map<string, Record<string, AnyCall>>();
    clients.set(description, byService);
    const found = byService.get(service) ?? (client.of(description, service) as Record<string, AnyCall>);
    byService.set(service, found);
    return found;
  }

  function inheriting<M extends Methods>(
    description: ServiceDescription<M>,
    service: string,
    inherit: (options?: CallOptions) => CallOptions,
  ): TypedClient<M> {
    const calls: Record<string, AnyCall> = {};
    for (const [key, call] of Object.entries(typedClient(description as unknown as ServiceDescription, service))) {
      calls[key] = (request, options) => call(request, inherit(options));
    }
    return calls as unknown as TypedClient<M>;
  }

  class InheritingContext extends CallContext implements ServiceContext {
    #forwarded: Metadata | undefined;

    client<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M> {
      return inheriting(description, service, (options) => this.#inherit(options));
    }

    publish<T>(topic: string, value: T, options: PublicationOptions<T> = {}): Promise<void> {
      return publish(topic, value, { ...options, metadata: { ...this.#handedOn(), ...options.metadata } });
    }

    #handedOn(): Metadata {
      this.#forwarded ??= forwarded(this.metadata);
      return this.#forwarded;
    }

    #inherit(options: CallOptions = {}): CallOptions {
      return {
        ...options,
        deadline: Math.min(this.deadline, options.deadline ?? Number.POSITIVE_INFINITY),
        signal: options.signal ? AbortSignal.any([options.signal, this.signal]) : this.signal,
        metadata: options.metadata ? { ...this.#handedOn(), ...options.metadata } : this.#handedOn(),
      };
    }
  }

  return {
    ofCall: (call, logger) => new InheritingContext(call, logger),
    ofEvent(event) {
      const handedOn = forwarded(event.metadata);
      return {
        ...event,
        client: (description, service) =>
          inheriting(description, service, (options = {}) => ({
            ...options,
            metadata: { ...handedOn, ...options.metadata },
          })),
        publish: (topic, value, options = {}) =>
          publish(topic, value, { ...options, metadata: { ...handedOn, ...options.metadata } }),
      };
    },
  };
}
