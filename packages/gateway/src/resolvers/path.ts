import { type Resolver, segmentsOf, serviceName, verbOf } from "./resolver.ts";

/** The first segment is the service: `/shop/cart` goes to `<prefix>.shop`. */
export function pathResolver(prefix: string): Resolver {
  return (request) => {
    const [first = ""] = segmentsOf(request);
    return serviceName.test(first) ? { service: `${prefix}.${first}`, endpoint: verbOf(request) } : undefined;
  };
}
