import { type Resolver, segmentsOf, serviceName, verbOf, versionSegment } from "./resolver.ts";

/** The first segment is the service, or the first two when that is a version: `/v1/shop/cart` goes to `<prefix>.v1.shop`. */
export function vpathResolver(prefix: string): Resolver {
  return (request) => {
    const [first = "", second] = segmentsOf(request);
    const name = second !== undefined && versionSegment.test(first) ? `${first}.${second}` : first;
    return serviceName.test(name) ? { service: `${prefix}.${name}`, endpoint: verbOf(request) } : undefined;
  };
}
