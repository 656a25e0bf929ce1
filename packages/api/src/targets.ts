import { ConfigError } from "@micro/core";
import type { Route } from "@micro/gateway";

/** A request as far as rules about it are concerned. */
export interface Target {
  /** Clean. */
  readonly path: string;
  readonly route: Pick<Route, "service" | "endpoint"> | undefined;
}

/**
 * Whether a request is one of those listed, by path or by the endpoint it goes to:
 *
 *     /login                            that path
 *     /public/*                         all below
 *     go.micro.api.user/Session.Login   an endpoint, by whatever path it is reached
 *     go.micro.api.user/*               all of a service
 *     go.micro.api.open.*               all services whose names begin so
 *     *                                 everything
 *
 * Throws a `ConfigError` for anything else. `what` names the setting.
 */
export function targetPatterns(what: string, patterns: readonly string[]): (target: Target) => boolean {
  const tests = patterns.map((pattern) => testOf(what, pattern));
  return (target) => tests.some((test) => test(target));
}

function testOf(what: string, pattern: string): (target: Target) => boolean {
  if (pattern === "*") return () => true;
  if (/^\/[^*]*$/.test(pattern)) return ({ path }) => path === pattern;
  if (/^\/(?:[^*]*\/)?\*$/.test(pattern)) {
    const start = pattern.slice(0, -1);
    return ({ path }) => path.startsWith(start);
  }
  const [, service, endpoint] = /^([\w.:-]+)\/([\w.]+|\*)$/.exec(pattern) ?? [];
  if (service !== undefined)
    return ({ route }) => route?.service === service && (endpoint === "*" || route.endpoint === endpoint);
  const beginning = /^([\w.:-]+\.)\*$/.exec(pattern)?.[1];
  if (beginning !== undefined) return ({ route }) => route?.service.startsWith(beginning) === true;
  throw new ConfigError(
    `${what} is ${JSON.stringify(pattern)}; expected a path, /below/*, a service and endpoint such as go.micro.api.user/Say.Hello or go.micro.api.user/*, or go.micro.api.open.*`,
  );
}
