import type { HttpRequest } from "../message.ts";
import { hostNameOf } from "../resolvers/host-header.ts";
import type { PathVariable, Route } from "../resolvers/resolver.ts";
import { type DeclaredRoute, describeRoute } from "./declared-route.ts";

/** Declared routes in the order in which they are tried, ready to be searched. */
export interface RouteTable {
  readonly routes: readonly DeclaredRoute[];
  /** The first route that takes the request. */
  match(request: Pick<HttpRequest, "method" | "path" | "headers">): Route | undefined;
}

/** Whether a route of that service holds for a request at all, whatever its path; of the request only the head counts. */
export type AppliesTo = (service: string, request: Pick<HttpRequest, "headers">) => boolean;

/**
 * The table of these routes, of which those count that `applies` lets; without it all do. The order is fixed, whatever order they come in, the more specific first:
 *
 * 1. those for certain hosts,
 * 2. those whose path is fixed for longer from its beginning, whole literal paths first of all,
 * 3. expressions before templates,
 * 4. templates with more literal segments, those without `**`, those with more components, those with a `:verb`, those for certain verbs,
 * 5. by service, endpoint and path, in the order of the alphabet.
 */
export function routeTable(declared: Iterable<DeclaredRoute>, applies?: AppliesTo): RouteTable {
  const routes = [...declared].sort(bySpecificity);
  const open = routes.filter(({ firstSegment }) => firstSegment === undefined);
  const byFirst = new Map<string, DeclaredRoute[]>();
  for (const { firstSegment } of routes) {
    if (firstSegment === undefined || byFirst.has(firstSegment)) continue;
    // In their order, since those that leave the first segment open stand between those that do not.
    byFirst.set(
      firstSegment,
      routes.filter((other) => other.firstSegment === undefined || other.firstSegment === firstSegment),
    );
  }
  if (routes.length === 0) return { routes, match: () => undefined };
  return {
    routes,
    match(request) {
      const { path } = request;
      const slash = path.indexOf("/", 1);
      const candidates = (slash < 0 ? undefined : byFirst.get(path.slice(1, slash))) ?? open;
      for (const candidate of candidates) {
        const route = matched(candidate, request);
        if (route && (!applies || applies(route.service, request))) return route;
      }
      return undefined;
    },
  };
}

function matched(
  declared: DeclaredRoute,
  request: Pick<HttpRequest, "method" | "path" | "headers">,
): Route | undefined {
  const { verbs, host, pattern, variables } = declared;
  if (!verbs.includes(request.method) && !verbs.includes("*")) return undefined;
  const found = pattern.exec(request.path);
  if (!found || (host && !host(hostNameOf(request)))) return undefined;
  const values = variables.map((name, at): PathVariable => [name, found[at + 1] ?? ""]);
  return { ...settled(declared), ...(values.length > 0 && { variables: values }) };
}

/** The part of a route that is the same for every request. */
function settled(declared: DeclaredRoute): Route {
  const known = settledRoutes.get(declared);
  if (known) return known;
  const { service, endpoint, handler, streams, bodyField, responseField, timeoutMs, emitDefaults } = declared;
  const route: Route = {
    service,
    endpoint,
    handler,
    streams,
    rule: `declared route ${describeRoute(declared)}`,
    ...(bodyField !== undefined && { bodyField }),
    ...(responseField !== undefined && { responseField }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(emitDefaults !== undefined && { emitDefaults }),
  };
  settledRoutes.set(declared, route);
  return route;
}

const settledRoutes = new WeakMap<DeclaredRoute, Route>();

function bySpecificity(a: DeclaredRoute, b: DeclaredRoute): number {
  return (
    first(a.host !== undefined, b.host !== undefined) ||
    larger(a.rank.fixedStart, b.rank.fixedStart) ||
    first(a.rank.expression, b.rank.expression) ||
    larger(a.rank.literals, b.rank.literals) ||
    first(!a.rank.open, !b.rank.open) ||
    larger(a.rank.components, b.rank.components) ||
    first(a.rank.verb, b.rank.verb) ||
    first(!a.verbs.includes("*"), !b.verbs.includes("*")) ||
    alphabetical(a.service, b.service) ||
    alphabetical(a.endpoint, b.endpoint) ||
    alphabetical(a.path, b.path)
  );
}

function first(a: boolean, b: boolean): number {
  return Number(b) - Number(a);
}

function larger(a: number, b: number): number {
  return a === b ? 0 : b > a ? 1 : -1; // a difference of infinities is no number
}

function alphabetical(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
