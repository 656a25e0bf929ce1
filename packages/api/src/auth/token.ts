import { type GatewayRequest, headerOf } from "@micro/gateway";
import type { Origins } from "../origins.ts";

/**
 * The token of a request: after `Bearer` in its `authorization`, else in the cookie of that name. A cookie that another origin's
 * page made the browser send does not count, unless that origin is one of those allowed to.
 */
export function tokenOf(request: GatewayRequest, cookie: string, origins: Origins): string | undefined {
  const authorization = headerOf(request, "authorization");
  const bearer = authorization && /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (bearer) return bearer;
  if (cookie === "" || !mayUseCookies(request, origins)) return undefined;
  for (const pair of headerOf(request, "cookie")?.split(";") ?? []) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() === cookie) return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}

function mayUseCookies(request: GatewayRequest, origins: Origins): boolean {
  const origin = headerOf(request, "origin");
  if (origin !== undefined) return isOwn(origin, request) || (!origins.any && origins.allow(origin));
  const site = headerOf(request, "sec-fetch-site");
  // Without an Origin the browser says it so, or no browser asks; a plain link from elsewhere may be followed.
  return site !== "cross-site" || request.method === "GET" || request.method === "HEAD";
}

function isOwn(origin: string, request: GatewayRequest): boolean {
  const host = (request.fromProxy ? headerOf(request, "x-forwarded-host") : undefined) ?? headerOf(request, "host");
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}
