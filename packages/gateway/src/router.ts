import { type Endpoint, type MicroError, notFound } from "@micro/core";
import { isApiStyle } from "./api-style.ts";
import { gatewayId } from "./gateway-id.ts";
import type { HandlerName } from "./handlers/words.ts";
import type { HttpRequest } from "./message.ts";
import type { Resolver, Route } from "./resolvers/resolver.ts";
import { isInternal } from "./routes/internal.ts";
import type { LiveServices } from "./routes/live-services.ts";
import type { RouteTable } from "./routes/route-table.ts";

/** Finds out what requests mean. */
export interface Router {
  /** Undefined when the path leads nowhere. Throws 404 when it leads to an endpoint that is not for the outside. */
  route(request: Pick<HttpRequest, "method" | "path" | "headers">): Route | undefined;
  /** What the record says of the endpoint of a route; undefined when it is not known. */
  endpointOf(route: Route): Endpoint | undefined;
}

export interface RouterParts {
  readonly resolve: Resolver;
  /** The word of the resolver, for people. */
  readonly resolver: string;
  /** The gateway's handler; with `meta` endpoints have a say. */
  readonly handler: HandlerName;
  /** Declared routes; absent without a registry. */
  readonly declared?: () => RouteTable;
  readonly services?: LiveServices;
  /** Whether endpoints that every service has for those who run it can be reached. @default false */
  readonly allowInternal?: boolean;
}

/**
 * Declared routes first, then the resolver. With `meta` the endpoint decides how it is asked: by what it declared, else by
 * what its record shows it to take; any other handler holds for all.
 */
export function createRouter(parts: RouterParts): Router {
  const { resolve, resolver, handler, declared, services, allowInternal = false } = parts;
  const rule = `resolver ${resolver}`;
  const fixed = handler === "meta" ? undefined : handler;
  const known = new WeakMap<Endpoint, Route>();

  function endpointOf({ service, endpoint }: Route): Endpoint | undefined {
    return services?.get(service)?.endpoints.get(endpoint);
  }

  function settle(found: Route): Route {
    if (!allowInternal && isInternal(found.endpoint)) throw internalOnly(found);
    const endpoint = endpointOf(found);
    if (!endpoint) return { ...found, rule, handler: fixed ?? "rpc" };
    let route = known.get(endpoint);
    // Names in a record are the service's own business, and two services may share one object.
    if (route?.service !== found.service) {
      route = {
        ...found,
        handler: fixed ?? (isApiStyle(endpoint) ? "api" : "rpc"),
        streams: endpoint.metadata.stream === "true",
        rule: fixed === undefined && isApiStyle(endpoint) ? `${rule}, takes go.api.Request` : rule,
      };
      known.set(endpoint, route);
    }
    return route;
  }

  return {
    route(request) {
      const match = declared?.().match(request);
      if (match) return fixed === undefined || match.handler === fixed ? match : { ...match, handler: fixed };
      const found = resolve(request);
      return found && settle(found);
    },
    endpointOf,
  };
}

function internalOnly({ service, endpoint }: Route): MicroError {
  return notFound(
    gatewayId,
    `endpoint not found: ${endpoint} of ${service} is not for the outside; --enable_internal lets it be called`,
  );
}
