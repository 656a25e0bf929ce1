import { MicroError } from "@micro/core";
import {
  cleanPath,
  describeRoute,
  type FixedPaths,
  type HandlerName,
  isInternal,
  type Route,
  type ServicePrefixes,
  splitTarget,
} from "@micro/gateway";
import type { ApiOptions } from "./options.ts";
import type { Routing } from "./routing.ts";

/** A request that somebody wonders about. */
export interface Question {
  /** With its query, if it matters. */
  readonly path: string;
  /** @default "GET" */
  readonly method?: string;
  /** The Host header. @default "localhost" */
  readonly host?: string;
}

/** What a request would come to. */
export interface Explanation {
  readonly method: string;
  readonly host: string;
  /** Decoded and clean, as routes see it. */
  readonly path: string;
  /** The gateway answers itself. */
  readonly fixed: boolean;
  /** Undefined when the gateway answers itself, or when the path leads nowhere. */
  readonly route: Route | undefined;
  /** What is done with the request: the route's own handler or the gateway's. */
  readonly handler: string;
  /** What the registry says of the service: addresses of its nodes, and whether its record shows the endpoint. */
  readonly nodes: readonly string[];
  readonly endpointKnown: boolean;
  /** Sentences: why this and not something else, and what stands in the way. */
  readonly remarks: readonly string[];
}

interface ExplainParts extends Pick<Routing, "router" | "declaredFor" | "services"> {
  readonly prefixes: ServicePrefixes;
  readonly fixed: FixedPaths;
  readonly handler: HandlerName;
  readonly settings: Required<Pick<ApiOptions, "enableRpc" | "allowInternal">>;
}

/** Takes the way of a request without its last step. Throws 400 for a path that cannot be decoded. */
export function explain(
  parts: ExplainParts,
  { path: target, method = "GET", host = "localhost" }: Question,
): Explanation {
  const path = cleanPath(splitTarget(target).path);
  const request = { method: method.toUpperCase(), path, headers: { host } };
  const about = { method: request.method, host, path };
  const [route, refusal] = routeOf(parts, request);
  const remarks = refusal === undefined ? [...aboutHost(parts, request), ...nearMisses(parts, request)] : [];
  if (parts.fixed(path)) {
    return { ...about, fixed: true, route: undefined, handler: "", nodes: [], endpointKnown: false, remarks };
  }
  const service = route && parts.services?.get(route.service);
  const endpointKnown = route !== undefined && parts.router.endpointOf(route) !== undefined;
  const nodes = service?.nodes.map(({ address }) => address) ?? [];
  const handler = route?.handler ?? "rpc";
  remarks.push(...(refusal ? [refusal] : obstacles(parts, path, route, nodes, endpointKnown)));
  return { ...about, fixed: false, route, handler: route ? handler : "", nodes, endpointKnown, remarks };
}

/** The route, or why there is none in words that a request would be told. */
function routeOf({ router }: ExplainParts, request: Asked): [route: Route | undefined, refusal?: string] {
  try {
    return [router.route(request)];
  } catch (reason) {
    if (reason instanceof MicroError) return [undefined, reason.detail];
    throw reason;
  }
}

/** What the host has to do with it, where it has. */
function aboutHost({ prefixes }: ExplainParts, request: Asked): string[] {
  if (!prefixes.byHost) return [];
  const { host } = request.headers;
  const prefix = prefixes.of(request);
  const why = prefix === prefixes.usual ? `host ${host} tells no namespace` : `host ${host} tells the namespace`;
  return [`${why}: the services are ${prefix}.*`];
}

type Asked = { readonly method: string; readonly path: string; readonly headers: { readonly host: string } };

/** Declared routes that take the path, but not this request. */
function nearMisses({ declaredFor }: ExplainParts, request: Asked): string[] {
  const { method, path, headers } = request;
  const name = headers.host.toLowerCase().replace(/:\d+$/, "");
  const ofHost = new Set(declaredFor(request));
  return declaredFor().flatMap((route) => {
    if (!route.pattern.test(path)) return [];
    const wrong = [
      ...(route.verbs.includes(method) || route.verbs.includes("*") ? [] : [`method ${method}`]),
      ...((route.host && !route.host(name)) || !ofHost.has(route) ? [`host ${headers.host}`] : []),
    ];
    return wrong.length === 0 ? [] : [`${describeRoute(route)} takes the path, but not ${wrong.join(" and ")}`];
  });
}

function obstacles(
  { handler, settings, services }: ExplainParts,
  path: string,
  route: Route | undefined,
  nodes: readonly string[],
  endpointKnown: boolean,
): string[] {
  if (path === "/rpc" && !settings.enableRpc) return ["/rpc is off; --enable_rpc serves it"];
  if (!route) return ["the path names no service that can be reached; the answer is 404"];
  if (handler === "event") return ["the request is published to that topic; nobody is called"];
  if (!services) return [];
  if (nodes.length === 0) return [`the registry knows no node of ${route.service}; the answer is 404`];
  const passed = route.handler === "http" || route.handler === "proxy" || route.handler === "web";
  if (passed || endpointKnown) return [];
  const known = [...(services.get(route.service)?.endpoints.keys() ?? [])].filter((name) => !isInternal(name));
  return [
    `the record of ${route.service} shows no endpoint ${route.endpoint}; it shows ${known.join(", ") || "none"}. The service is asked all the same`,
  ];
}
