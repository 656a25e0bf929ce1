import { MicroError, notFound } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";
import type { HttpRequest } from "./message.ts";
import type { Route } from "./resolvers/resolver.ts";

/** The answer to a path that names no service. */
export function noRoute({ path }: Pick<HttpRequest, "path">): MicroError {
  return notFound(gatewayId, `service not found: path ${path} names none; expected /service/handler/method`);
}

/**
 * Adds to a 404 for an unknown service or endpoint what the person at the other end needs: the path and what it was
 * taken to mean. A 404 that a handler returned, or that is about another service further on, stays what it is; so does one
 * of `/rpc`, whose request named the service itself.
 */
export function withRoute(error: MicroError, route: Route, { path }: Pick<HttpRequest, "path">): MicroError {
  const { service, endpoint } = route;
  if (error.code !== 404 || !raisedBelow.has(error.id) || route.rule === "/rpc") return error;
  const what = error.detail.startsWith(`endpoint ${endpoint} not found at service ${service}`)
    ? `endpoint not found: ${service} has no ${endpoint}`
    : error.detail.startsWith(`service ${service} not found`)
      ? `service not found: ${service}`
      : undefined;
  if (what === undefined) return error;
  const hint = path === "/rpc" ? "; /rpc as a way to call any service is off, --enable_rpc serves it" : "";
  const detail = `${what}; path ${path} means ${service} ${endpoint}${hint} (${error.detail})`;
  return new MicroError(gatewayId, 404, detail, { cause: error });
}

/** Who says that a name leads nowhere: the client of the call, or the server that it reached. */
const raisedBelow: ReadonlySet<string> = new Set(["go.micro.client", "go.micro.server"]);
