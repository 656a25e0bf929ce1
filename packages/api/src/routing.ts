import { type Clock, type Closeable, closeable, closeOnce, type Logger, type Registry, sleep } from "@micro/core";
import {
  createRouter,
  type DeclaredRoutes,
  declaredRoutes,
  eventOf,
  type LiveServices,
  liveServices,
  namePatterns,
  type Resolver,
  type Router,
  resolverNamed,
} from "@micro/gateway";
import type { ApiOptions } from "./options.ts";

/** What decides where requests go, and what it knows. */
export interface Routing extends Closeable {
  readonly router: Router;
  readonly declared: DeclaredRoutes;
  /** Absent without a registry. */
  readonly services: LiveServices | undefined;
  /** Follows the registry from now on; resolves when it has been read once, or does not answer for a while. */
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

/** The routing of a gateway. Throws a `ConfigError` for a resolver that makes no sense with the handler. */
export function createRouting(parts: RoutingParts, settings: RoutingSettings, prefix: string): Routing {
  const { registry, logger, clock } = parts;
  const { handler, resolver, baseDomain, routesFrom, allowInternal } = settings;
  const others = namePatterns("service that may declare routes", routesFrom);
  const declared = declaredRoutes((name) => name.startsWith(`${prefix}.`) || others(name), logger);
  const services = registry && liveServices({ registry, logger, clock, onEndpoints: declared.put });
  const named = resolverNamed(resolver, { prefix, handler, baseDomain });
  const router = createRouter({
    resolve: handler === "event" ? topicResolver(prefix) : named,
    resolver: handler === "event" ? "of topics" : resolver,
    handler,
    allowInternal,
    declared: declared.table,
    ...(services && { services }),
  });
  return {
    router,
    declared,
    services,
    async look() {
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
function topicResolver(prefix: string): Resolver {
  return (request) => {
    const { topic, name } = eventOf(request, prefix);
    return { service: topic, endpoint: name };
  };
}
