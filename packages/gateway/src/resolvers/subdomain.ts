import { hostNameOf } from "./host-header.ts";
import { type Resolver, serviceName, verbOf } from "./resolver.ts";

/**
 * What stands before `baseDomain` in the Host header is the service, the last label first: with `example.com`,
 * `shop.example.com` goes to `<prefix>.shop` and `shop.v1.example.com` to `<prefix>.v1.shop`. Other hosts lead nowhere.
 */
export function subdomainResolver(prefix: string, baseDomain: string): Resolver {
  const end = `.${baseDomain.toLowerCase().replace(/^\.|\.$/g, "")}`;
  return (request) => {
    const host = hostNameOf(request);
    if (!host.endsWith(end)) return undefined;
    const name = host.slice(0, -end.length).split(".").reverse().join(".");
    return serviceName.test(name) ? { service: `${prefix}.${name}`, endpoint: verbOf(request) } : undefined;
  };
}
