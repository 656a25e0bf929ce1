import { type Resolver, segmentsOf, verbOf, versionSegment } from "./resolver.ts";

/**
 * The rule of go-micro's paths where HTTP is passed on: `/greeter/john` goes to `<prefix>.greeter`, `/v1/greeter/john` to
 * `<prefix>.v1.greeter`. A name that is not letters and digits in groups joined by single hyphens leads nowhere.
 */
export function microProxyResolver(prefix: string): Resolver {
  return (request) => {
    const [first = "", second] = segmentsOf(request);
    const versioned = second !== undefined && versionSegment.test(first);
    const name = versioned ? second : first;
    if (!plainName.test(name)) return undefined;
    return { service: `${prefix}.${versioned ? `${first}.` : ""}${name}`, endpoint: verbOf(request) };
  };
}

const plainName = /^[a-z\d]+(?:-[a-z\d]+)*$/i;
