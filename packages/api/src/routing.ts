import { type Clock, type Closeable, closeable, closeOnce, type Logger, type Registry, sleep } from "@micro/core";
import {
  type AppliesTo,
  createRouter,
  type DeclaredRoute,
  declaredRoutes,
  eventOf,
  type GatewayRequest,
  type LiveServices,
  liveServices,
  namePatterns,
  type Resolver,
  type Router,
  resolverUnder,
  type ServicePrefixes,
} from "@micro/gateway";
import type { ApiOptions } from "./options.ts";

/** What decides where requests go, and what it knows. */
export interface Routing extends Closeable {
  readonly router: Router;
  /** The declared routes in force, in their order; with a request those that hold for its Host. */
  declaredFor(request?: Pick<GatewayRequest, "headers">): readonly DeclaredRoute[];
  /** Absent without a registry. */
  readonly services: LiveServices | undefined;
  /** Loads what routing needs and follows the registry from now on; resolves when it has been read once, or does not answer for a while. */
  look(): Promise<void>;
}

interface RoutingParts {
  readonly registry: Registry | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

type RoutingSettings = Required<
  Pick<ApiOptions, "handler" | "resolver" | "baseDomain" | "routesFrom" | "allowInternal">
>;

/**
 * The routing of a gateway. Where hosts decide about the prefix a service declares routes for the hosts of its own prefix, so that those
 * who stand under one cannot take the paths of another; those that the settings name declare them for every host.
 *
 * Throws a `ConfigError` for a resolver that makes no sense with handler or namespace.
 */
export function createRouting(parts: RoutingParts, settings: RoutingSettings, prefixes: ServicePrefixes): Routing {
  const { registry, logger, clock } = parts;
  const { handler, resolver, baseDomain, routesFrom, allowInternal } = settings;
  const others = namePatterns("service that may declare routes", routesFrom);
  const applies: AppliesTo = (name, request) => name.startsWith(`${prefixes.of(request)}.`) || others(name);
  const declared = declaredRoutes(
    (name) => prefixes.covers(name) || others(name),
    logger,
    prefixes.byHost ? applies : undefined,
  );
  const services = registry && liveServices({ registry, logger, clock, onEndpoints: declared.put });
  const named = resolverUnder(resolver, prefixes, { handler, baseDomain });
  const router = createRouter({
    resolve: handler === "event" ? topicResolver(prefixes) : named,
    resolver: handler === "event" ? "of topics" : resolver,
    handler,
    allowInternal,
    declared: declared.table,
    ...(services && { services }),
  });
  return {
    router,
    declaredFor(request) {
      const { routes } = declared.table();
      return request && prefixes.byHost ? routes.filter(({ service }) => applies(service, request)) : routes;
    },
    services,
    async look() {
      await prefixes.load();
      if (!services) return;
      const known = services.start();
      await Promise.race([known, sleep(clock, firstLookMs, undefined, { background: true })]);
      if (!services.known) logger.warn(`registry ${registry.name} has not told its services within ${firstLookMs} ms`);
    },
    ...closeable(closeOnce(async () => services?.close())),
  };
}

// Without an answer the gateway listens all the same: paths still name services, only declared ones are not known yet.
const firstLookMs = 2_000;

/** Events are published, so what their path names is a topic. */
function topicResolver(prefixes: ServicePrefixes): Resolver {
  return (request) => {
    const { topic, name } = eventOf(request, prefixes.of(request));
    return { service: topic, endpoint: name };
  };
}
