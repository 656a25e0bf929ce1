import { ConfigError, MicroError, parseDuration } from "@micro/core";
import { type GatewayRequest, gatewayId } from "@micro/gateway";
import { accountOf } from "../auth/account.ts";
import type { Extension } from "../extension.ts";
import { withRefusalHeaders } from "../refusal.ts";
import { targetPatterns } from "../targets.ts";
import { networkOf } from "./network.ts";
import { type Rate, tokenBuckets } from "./token-buckets.ts";

/** How often requests may come. */
export interface RateLimitRule extends Rate {
  /** Which requests, written as `targetPatterns` tells. @default all but health */
  readonly targets?: readonly string[];
  /** Who shares a bucket: everybody for himself, by account and without one by address; by address alone; or all together. @default "client" */
  readonly by?: "client" | "address" | "all";
}

export interface RateLimitOptions {
  /** Each that takes a request must let it pass. */
  rules: readonly RateLimitRule[];
  /** How many clients a rule remembers. @default 100000 */
  maxClients?: number;
}

/** The `100/1s` or `5/1m` of a flag. Throws a `ConfigError` for anything else. */
export function parseRate(text: string): Rate {
  const [, requests, unit] = /^(\d{1,9})\/(\d*[a-z]+)$/.exec(text) ?? [];
  if (requests === undefined || unit === undefined || Number(requests) === 0)
    throw new ConfigError(`rate is ${JSON.stringify(text)}; expected requests and time, such as 100/1s or 5/1m`);
  const perMs = parseDuration(/^\d/.test(unit) ? unit : `1${unit}`, { negative: false });
  if (perMs <= 0) throw new ConfigError(`rate is ${JSON.stringify(text)}; expected a time above 0`);
  return { requests: Number(requests), perMs };
}

/**
 * Answers 429 with `retry-after` to who asks too often. Behind trusted proxies the address is the one that they tell; an IPv6
 * client is its network of 64 bits, of which it may have any address.
 */
export function rateLimit({ rules, maxClients = 100_000 }: RateLimitOptions): Extension {
  return ({ clock, isFixed, clientAddress }) => {
    const limits = rules.map(({ targets, by = "client", ...rate }) => ({
      everywhere: targets === undefined,
      takes: targetPatterns("rate-limited target", targets ?? ["*"]),
      by,
      rate,
      buckets: tokenBuckets(rate, maxClients, clock),
    }));
    type Limit = (typeof limits)[number];

    function keyOf(request: GatewayRequest, by: Limit["by"]): string {
      if (by === "all") return "";
      const account = by === "client" ? accountOf(request) : undefined;
      return account ? `account ${account.id}` : `address ${networkOf(clientAddress(request))}`;
    }

    function take(request: GatewayRequest, limit: Limit): void {
      const waitMs = limit.buckets.take(keyOf(request, limit.by));
      if (waitMs === 0) return;
      const { requests, perMs } = limit.rate;
      const error = new MicroError(gatewayId, 429, `more than ${requests} requests in ${perMs} ms`);
      throw withRefusalHeaders(error, ["retry-after", String(Math.ceil(waitMs / 1_000))]);
    }

    const ofAll = limits.filter(({ everywhere }) => everywhere);
    const ofSome = limits.filter(({ everywhere }) => !everywhere);

    return {
      stages: [
        (request, next) => {
          // Whoever asks for health is not to be told that he asks too often: he would take the gateway for ill.
          if (!request.path.startsWith("/health/")) for (const limit of ofAll) take(request, limit);
          if (ofSome.length > 0 && isFixed(request.path))
            for (const limit of ofSome) if (limit.takes(request)) take(request, limit);
          return next();
        },
      ],
      routedStages:
        ofSome.length === 0
          ? []
          : [
              (request, next) => {
                for (const limit of ofSome) if (limit.takes(request)) take(request, limit);
                return next();
              },
            ],
    };
  };
}
