import type { Coder } from "../codec/codec.ts";
import type { CodecTable } from "../codec/codecs.ts";
import { type AnyMethod, endpointName, type Methods, type ServiceDescription } from "../words/description.ts";
import { ConfigError } from "../words/plugin.ts";
import type { Context } from "./context.ts";
import type { Handler, Handlers, ServerMiddleware } from "./handler.ts";

/** One endpoint with everything that is the same for each of its calls. */
export interface Route<C extends Context> {
  readonly name: string;
  readonly method: AnyMethod;
  /** With its middleware around it. */
  readonly handler: Handler<unknown, unknown, C>;
  /** What reads and writes bodies of a content type; undefined when no codec answers to it. */
  coders(contentType: string): Coders | undefined;
}

export interface Coders {
  readonly request: Coder;
  readonly response: Coder;
}

export interface Router<C extends Context> {
  /** Adds the methods of a service. Throws a `ConfigError` when a handler is missing or the name is taken. */
  add<M extends Methods>(
    description: ServiceDescription<M>,
    handlers: Handlers<M, C>,
    options?: { internal?: boolean },
  ): void;
  find(endpoint: string): Route<C> | undefined;
  hasHandler(name: string): boolean;
  /** What the registry is told: everything that is not internal. */
  published(): readonly { description: ServiceDescription; method: AnyMethod }[];
}

/** Finds handlers by `Handler.Method`. */
export function createRouter<C extends Context>(
  codecs: CodecTable,
  middleware: readonly ServerMiddleware<C>[] = [],
): Router<C> {
  const routes = new Map<string, Route<C>>();
  const handlerNames = new Set<string>();
  const published: { description: ServiceDescription; method: AnyMethod }[] = [];

  return {
    add(description, handlers, { internal = false } = {}) {
      if (handlerNames.has(description.name)) {
        throw new ConfigError(
          `handler ${description.name} was added twice; endpoint names must differ within a service`,
        );
      }
      for (const [key, method] of Object.entries(description.methods)) {
        const handler = handlers[key as keyof typeof handlers] as Handler<unknown, unknown, C> | undefined;
        if (typeof handler !== "function") {
          throw new ConfigError(
            `handlers of ${description.name} lack a function ${key} for ${endpointName(description, method)}`,
          );
        }
        const name = endpointName(description, method);
        const bound: Handler<unknown, unknown, C> = (request, context) => handler.call(handlers, request, context);
        const wrapped = middleware.reduceRight<Handler<unknown, unknown, C>>(
          (next, wrap) => wrap(next, { name, method }),
          bound,
        );
        routes.set(name, { name, method, handler: wrapped, coders: codersOf(codecs, method) });
        if (!internal) published.push({ description: description as unknown as ServiceDescription, method });
      }
      handlerNames.add(description.name);
    },
    find: (endpoint) => routes.get(endpoint),
    hasHandler: (name) => handlerNames.has(name),
    published: () => published,
  };
}

/** Makes a content type's coders at its first call and keeps them; the codec table bounds how many there can be. */
function codersOf(codecs: CodecTable, method: AnyMethod): (contentType: string) => Coders | undefined {
  const known = new Map<string, Coders>();
  return (contentType) => {
    const found = known.get(contentType);
    if (found) return found;
    const codec = codecs.find(contentType);
    if (!codec) return undefined;
    const coders = { request: codec.coder(method.request), response: codec.coder(method.response) };
    known.set(contentType, coders);
    return coders;
  };
}
