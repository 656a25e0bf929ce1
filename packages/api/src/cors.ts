import { ConfigError } from "@micro/core";
import { type GatewayRequest, type HttpAnswer, headerOf } from "@micro/gateway";
import type { Extension } from "./extension.ts";
import { originList } from "./origins.ts";
import { varyingBy } from "./vary.ts";

export interface CorsOptions {
  /** The pages that may read answers: `https://shop.example`, `https://*.example.com`, `*`. @default ["*"] */
  origins?: readonly string[];
  /** What they may ask with. @default ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] */
  methods?: readonly string[];
  /** The headers they may send; `*` is any. @default go-micro's list, Timeout and X-Request-Id */
  headers?: readonly string[];
  /** The headers of answers they may read besides the simple ones. @default ["X-Request-Id", "Retry-After"] */
  exposedHeaders?: readonly string[];
  /** Their cookies and client certificates count; needs listed origins. @default true with listed origins, false with `*` */
  credentials?: boolean;
  /** How long browsers may remember the answer to a preflight, in milliseconds. @default 600000 */
  maxAgeMs?: number;
}

const defaults = {
  origins: ["*"],
  methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  headers: [
    ...["Accept", "Content-Type", "Content-Length", "Accept-Encoding", "X-CSRF-Token", "Authorization"],
    ...["Timeout", "X-Request-Id"],
  ],
  exposedHeaders: ["X-Request-Id", "Retry-After"],
  maxAgeMs: 600_000,
} satisfies CorsOptions;

/**
 * Lets pages of other origins read answers, those of failures too. Every `OPTIONS` is answered 204 by the gateway itself, as
 * go-micro does with 200, so that no service sees one. What a service says in `access-control-*` itself stays.
 *
 * Throws a `ConfigError` for credentials with `*`: any page could then act as whoever looks at it.
 */
export function cors(options: CorsOptions = {}): Extension {
  const { methods, headers, exposedHeaders, maxAgeMs, ...settings } = { ...defaults, ...options };
  const origins = originList(settings.origins);
  const credentials = settings.credentials ?? !origins.any;
  if (credentials && origins.any)
    throw new ConfigError("CORS with credentials needs listed origins; * would let any page act as its reader");
  const anyHeader = headers.includes("*");

  function grant(request: GatewayRequest): [string, string][] {
    const origin = headerOf(request, "origin");
    if (origins.any) return [["access-control-allow-origin", "*"]];
    if (origin === undefined || !origins.allow(origin)) return [];
    const allowed: [string, string] = ["access-control-allow-origin", origin];
    return credentials ? [allowed, ["access-control-allow-credentials", "true"]] : [allowed];
  }

  function preflight(request: GatewayRequest): HttpAnswer {
    const granted = grant(request);
    const asked = headerOf(request, "access-control-request-headers");
    const allowed = anyHeader ? (asked ?? "") : headers.join(", ");
    const more: [string, string][] = [
      ["access-control-allow-methods", methods.join(", ")],
      ...(allowed === "" ? [] : [["access-control-allow-headers", allowed] as [string, string]]),
      ["access-control-max-age", String(Math.floor(maxAgeMs / 1_000))],
    ];
    const answer = { status: 204, headers: granted.length > 0 ? [...granted, ...more] : [], body: "" };
    return anyHeader ? varyingBy(answer, "Access-Control-Request-Headers") : answer;
  }

  const exposed: [string, string][] =
    exposedHeaders.length > 0 ? [["access-control-expose-headers", exposedHeaders.join(", ")]] : [];

  return () => ({
    stages: [
      async (request, next) => {
        const answer = request.method === "OPTIONS" ? preflight(request) : await next();
        if (answer.taken) return answer;
        const granted = request.method === "OPTIONS" ? [] : grant(request);
        const own = answer.headers.some(([name]) => name.toLowerCase() === "access-control-allow-origin");
        const told =
          granted.length === 0 || own ? answer : { ...answer, headers: [...answer.headers, ...granted, ...exposed] };
        return origins.any ? told : varyingBy(told, "Origin");
      },
    ],
  });
}
