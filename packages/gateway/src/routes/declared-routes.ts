import type { Logger } from "@micro/core";
import { readDeclaration } from "./declaration.ts";
import { type DeclaredRoute, describeRoute } from "./declared-route.ts";
import type { LiveService } from "./live-services.ts";
import { type AppliesTo, type RouteTable, routeTable } from "./route-table.ts";

/** The routes that running services declare. */
export interface DeclaredRoutes {
  /** Takes in what a service declares now; undefined when it has gone. */
  put(service: string, now: LiveService | undefined): void;
  /** The routes in force, in the order in which they are tried. */
  table(): RouteTable;
}

/**
 * Keeps the declared routes of the services that `mayDeclare`; what cannot be used is logged when it is first seen. With `applies`
 * they hold only for the requests that it lets through.
 */
export function declaredRoutes(
  mayDeclare: (service: string) => boolean,
  logger: Logger,
  applies?: AppliesTo,
): DeclaredRoutes {
  const byService = new Map<string, readonly DeclaredRoute[]>();
  const refusedBefore = new Map<string, ReadonlySet<string>>();
  let table: RouteTable | undefined;

  function noteRefused(service: string, refused: readonly string[]): void {
    const before = refusedBefore.get(service);
    for (const why of refused) if (!before?.has(why)) logger.warn(why);
    if (refused.length > 0) refusedBefore.set(service, new Set(refused));
    else refusedBefore.delete(service);
  }

  function forget(service: string): void {
    refusedBefore.delete(service);
    if (!byService.delete(service)) return;
    table = undefined;
    logger.info(`declared routes of ${service} are removed: it has none any more`);
  }

  return {
    put(service, now) {
      const { routes, refused } = now ? readService(now) : { routes: [], refused: [] };
      if (routes.length > 0 && !mayDeclare(service)) {
        noteRefused(service, [
          `routes of ${service} are not used: it is none of the services that may declare some (${routes.map(describeRoute).join("; ")})`,
        ]);
        return;
      }
      if (routes.length === 0) forget(service);
      noteRefused(service, refused);
      if (routes.length === 0) return;
      byService.set(service, routes);
      table = undefined;
      for (const route of routes) logger.debug(`declared route ${describeRoute(route)}`);
    },
    table() {
      table ??= routeTable([...byService.values()].flat(), applies);
      return table;
    },
  };
}

/** The routes of all its versions, each once. */
function readService({ name, versions }: LiveService): { routes: DeclaredRoute[]; refused: string[] } {
  const routes = new Map<string, DeclaredRoute>();
  const refused = new Set<string>();
  for (const { endpoints } of versions) {
    for (const endpoint of endpoints) {
      const declaration = readDeclaration(name, endpoint);
      for (const why of declaration.refused) refused.add(why);
      // Of two versions that declare the same path for an endpoint in different ways the later one counts.
      for (const route of declaration.routes) {
        const key = describeRoute(route);
        if (!routes.has(key)) routes.set(key, route);
      }
    }
  }
  return { routes: [...routes.values()], refused: [...refused] };
}
