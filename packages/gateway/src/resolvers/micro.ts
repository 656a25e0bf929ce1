import { recent } from "../recent.ts";
import { type Resolver, type Route, segmentsOf, versionSegment } from "./resolver.ts";

/**
 * The rule of go-micro's paths: `/user/say/hello` is `Say.Hello` of `<prefix>.user`.
 *
 * The last two segments name the endpoint, those before them, joined by dots, the service. Of two segments the first
 * is the service and part of the endpoint; one segment `user` is `User.Call`. Three segments that begin with a
 * version, `/v1/user/hello`, are `User.Hello` of `v1.user`. In the endpoint's words hyphens go and the letters after
 * them rise: `list-all` is `ListAll`; everything else stays as it is.
 *
 * Segments that cannot be part of a name lead nowhere: such names never get to the registry.
 */
export function microResolver(prefix: string): Resolver {
  // The same few paths come again and again, and taking one apart costs more than all else that is done to find its route.
  const known = recent<Route>(1_000);
  return (request) => {
    const { path } = request;
    const before = known.get(path);
    if (before) return before;
    const route = routeOf(prefix, segmentsOf(request));
    // Long ones are rare, and would fill the memory.
    if (route && path.length <= 256) known.set(path, route);
    return route;
  };
}

function routeOf(prefix: string, segments: readonly string[]): Route | undefined {
  const split = serviceSegments(segments);
  const service = segments.slice(0, split).join(".");
  const endpoint = endpointOf(segments);
  if (!pathName.test(service) || !endpointName.test(endpoint)) return undefined;
  return { service: `${prefix}.${service}`, endpoint };
}

/** How many of the leading segments name the service. */
function serviceSegments(segments: readonly string[]): number {
  if (segments.length === 3 && versionSegment.test(segments[0] ?? "")) return 2;
  return Math.max(1, segments.length - 2);
}

function endpointOf(segments: readonly string[]): string {
  const words = segments.slice(-2).map(pascalCase);
  return words.length === 1 ? `${words[0]}.Call` : words.join(".");
}

function pascalCase(segment: string): string {
  return segment
    .split("-")
    .map((piece) => piece.charAt(0).toUpperCase() + piece.slice(1))
    .join("");
}

// A gRPC path has room for no more, and no registry has a reason to be asked for anything else.
const pathName = /^[\w.~-]{1,200}$/;
const endpointName = /^\w{1,200}\.\w{1,200}$/;
