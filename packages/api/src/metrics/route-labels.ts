import type { Route } from "@micro/gateway";

/** How a request is counted. */
export interface RouteLabels {
  readonly service: string;
  readonly endpoint: string;
  readonly handler: string;
}

const own: RouteLabels = { service: "", endpoint: "", handler: "" };
const other = "other";
const maxRoutes = 1_000;

/**
 * The labels of routes, not more than a fixed number: each known endpoint has its own until there are `maxRoutes`, and
 * whatever else a path may spell is `other`. Of endpoints that went away the labels stay, as counters must.
 */
export function routeLabels(known: (route: Route) => boolean): (route: Route | undefined) => RouteLabels {
  const byName = new Map<string, RouteLabels>();
  return (route) => {
    if (!route) return own;
    const { service, endpoint, handler = "rpc" } = route;
    const name = `${service} ${endpoint} ${handler}`;
    const labels = byName.get(name);
    if (labels) return labels;
    if (byName.size >= maxRoutes || !known(route)) return { service: other, endpoint: other, handler };
    const made = { service, endpoint, handler };
    byName.set(name, made);
    return made;
  };
}
