import type { CallOptions, Client, TypedClient } from "../client/client.ts";
import type { IncomingCall } from "../protocol/protocol.ts";
import { CallContext } from "../server/context.ts";
import type { Methods, ServiceDescription } from "../words/description.ts";
import type { Logger } from "../words/logger.ts";
import { forwarded, type Metadata } from "../words/metadata.ts";
import type { ServiceContext } from "./service.ts";

type AnyCall = (request: unknown, options?: CallOptions) => Promise<unknown>;

/** Makes contexts whose client calls inherit from the call being answered. */
export function contextMaker(client: Pick<Client, "of">): (call: IncomingCall, logger: Logger) => ServiceContext {
  // Typed clients are the same for every call; only what they inherit differs.
  const clients = new Map<ServiceDescription, Map<string, Record<string, AnyCall>>>();

  function typedClient(description: ServiceDescription, service: string): Record<string, AnyCall> {
    const byService = clients.get(description) ?? new Map<string, Record<string, AnyCall>>();
    clients.set(description, byService);
    const found = byService.get(service) ?? (client.of(description, service) as Record<string, AnyCall>);
    byService.set(service, found);
    return found;
  }

  class InheritingContext extends CallContext implements ServiceContext {
    #forwarded: Metadata | undefined;

    client<M extends Methods>(description: ServiceDescription<M>, service: string): TypedClient<M> {
      const calls: Record<string, AnyCall> = {};
      for (const [key, call] of Object.entries(typedClient(description as unknown as ServiceDescription, service))) {
        calls[key] = (request, options) => call(request, this.#inherit(options));
      }
      return calls as unknown as TypedClient<M>;
    }

    #inherit(options: CallOptions = {}): CallOptions {
      this.#forwarded ??= forwarded(this.metadata);
      return {
        ...options,
        deadline: Math.min(this.deadline, options.deadline ?? Number.POSITIVE_INFINITY),
        signal: options.signal ? AbortSignal.any([options.signal, this.signal]) : this.signal,
        metadata: options.metadata ? { ...this.#forwarded, ...options.metadata } : this.#forwarded,
      };
    }
  }

  return (call, logger) => new InheritingContext(call, logger);
}
