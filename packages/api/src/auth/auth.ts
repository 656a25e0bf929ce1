import { ConfigError, forbidden, MicroError, unauthorized, unavailable } from "@micro/core";
import { type GatewayRequest, gatewayId } from "@micro/gateway";
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { Extension } from "../extension.ts";
import { originList } from "../origins.ts";
import { withRefusalHeaders } from "../refusal.ts";
import { type Target, targetPatterns } from "../targets.ts";
import { type Account, accountOf, setAccount } from "./account.ts";
import { issuerKeys, type KeyOptions } from "./keys.ts";
import { knownTokens } from "./known-tokens.ts";
import { tokenOf } from "./token.ts";

export type { Account } from "./account.ts";
export { accountKey, accountOf } from "./account.ts";
export type { KeyOptions } from "./keys.ts";

export interface AuthOptions extends KeyOptions {
  /** What tokens must say of who made them. */
  issuer: string;
  /** One of these tokens must be meant for. */
  audience: string | readonly string[];
  /** The signatures that count; of public keys alone. @default ["RS256", "PS256", "ES256", "EdDSA"] */
  algorithms?: readonly string[];
  /** What needs no token, besides `/`, `/favicon.ico` and `/health/*`; written as `targetPatterns` tells. @default [] */
  public?: readonly string[];
  /** The scopes, separated by blanks, that requests need; every rule that takes a request holds. @default {} */
  scopes?: Readonly<Record<string, string>>;
  /** A cookie that may hold the token, for browsers. @default none */
  cookie?: string;
  /** Other origins whose pages may use that cookie. @default [] */
  cookieOrigins?: readonly string[];
  /** How far clocks may be apart, in milliseconds. @default 5000 */
  clockToleranceMs?: number;
}

const alwaysPublic = ["/", "/favicon.ico", "/health/*"];

/**
 * Takes JSON Web Tokens: who sends none, or a bad one, gets 401, and 403 who has not the scopes that the endpoint needs. Services
 * are told who it is in their metadata under `micro-account`: JSON with `id`, `issuer` and `scopes`, which no header can forge.
 *
 * Where a request goes decides, not how it is spelled: rules for endpoints hold on every path to them. A bad token on a public
 * path counts as none, so that who was signed out can sign in. While keys cannot be had the answer is 503.
 *
 * Throws a `ConfigError` for algorithms with shared secrets, and when the gateway starts for scopes that `/rpc` would pass by.
 */
export function auth(options: AuthOptions): Extension {
  const { issuer, audience, cookie = "", clockToleranceMs = 5_000 } = options;
  const algorithms = checkedAlgorithms(options.algorithms ?? ["RS256", "PS256", "ES256", "EdDSA"]);
  if (issuer === "" || audience.length === 0)
    throw new ConfigError("authentication needs issuer and audience: without them any token of any service would do");
  const isPublic = targetPatterns("public target", [...alwaysPublic, ...(options.public ?? [])]);
  const rules = Object.entries(options.scopes ?? {}).map(([pattern, scopes]) => ({
    takes: targetPatterns("target of scopes", [pattern]),
    scopes: scopes.split(/\s+/).filter((scope) => scope !== ""),
  }));
  const origins = originList(options.cookieOrigins ?? []);
  const failures = new WeakMap<GatewayRequest, MicroError>();

  return ({ logger, clock, isFixed }) => {
    const keys = issuerKeys(options, logger, clock);
    const tokens = knownTokens();

    async function identify(request: GatewayRequest): Promise<void> {
      const token = tokenOf(request, cookie, origins);
      if (token === undefined) return;
      const now = clock.now();
      const known = tokens.accountOf(token, now);
      if (known) return setAccount(request, known);
      try {
        const { payload } = await jwtVerify(token, keys.find, {
          issuer,
          audience: typeof audience === "string" ? audience : [...audience],
          algorithms,
          requiredClaims: ["sub", "exp"],
          clockTolerance: clockToleranceMs / 1_000,
          currentDate: new Date(now),
        });
        const account = { id: payload.sub ?? "", issuer, scopes: scopesOf(payload) };
        tokens.add(token, account, (payload.exp ?? 0) * 1_000, now);
        setAccount(request, account);
      } catch (reason) {
        failures.set(request, failureOf(reason));
      }
    }

    function permit(request: GatewayRequest): void {
      const target: Target = request;
      if (isPublic(target)) return;
      const account = accountOf(request);
      if (!account) {
        const missing = unauthorized(gatewayId, "the request has no token; expected Authorization: Bearer …");
        throw failures.get(request) ?? withRefusalHeaders(missing, ["www-authenticate", "Bearer"]);
      }
      for (const { takes, scopes } of rules) if (takes(target)) demand(scopes, account);
    }

    return {
      stages: [
        async (request, next) => {
          await identify(request);
          return next();
        },
      ],
      // Not before a limit was kept: who is refused is counted as well.
      innerStages: [
        (request, next) => {
          if (isFixed(request.path)) permit(request);
          return next();
        },
      ],
      routedStages: [
        (request, next) => {
          permit(request);
          return next();
        },
      ],
      async start() {
        const rpc = { path: "/rpc", route: undefined };
        if (rules.length > 0 && isFixed("/rpc") && !rules.some(({ takes }) => takes(rpc)))
          throw new ConfigError(
            "endpoints need scopes, and /rpc calls any of them; give /rpc a scope of its own, or turn it off",
          );
        await keys.start();
      },
      close: () => keys.close(),
    };
  };
}

function demand(scopes: readonly string[], { id, scopes: has }: Account): void {
  const missing = scopes.filter((scope) => !has.includes(scope));
  if (missing.length === 0) return;
  const error = forbidden(gatewayId, `account ${id} has not the scope ${missing.join(", ")}`);
  throw withRefusalHeaders(error, [
    "www-authenticate",
    `Bearer error="insufficient_scope", scope="${scopes.join(" ")}"`,
  ]);
}

/** OAuth's `scope`, a text with blanks, or `scp`, a text or a list. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  const given = scope ?? scp;
  const list = Array.isArray(given) ? given : typeof given === "string" ? given.split(" ") : [];
  return list.filter((each): each is string => typeof each === "string" && each !== "");
}

const badTokens = [
  ...[errors.JWTInvalid, errors.JWTExpired, errors.JWTClaimValidationFailed, errors.JOSEAlgNotAllowed],
  ...[errors.JWSInvalid, errors.JWSSignatureVerificationFailed, errors.JWKSNoMatchingKey, errors.JOSENotSupported],
  errors.JWKSMultipleMatchingKeys,
];

function failureOf(reason: unknown): MicroError {
  const why = reason instanceof Error ? reason.message : String(reason);
  if (!badTokens.some((kind) => reason instanceof kind))
    return unavailable(gatewayId, `the token cannot be checked, the issuer's keys cannot be had: ${why}`, {
      cause: reason,
    });
  const error = new MicroError(gatewayId, 401, `the token is not valid: ${why}`, { cause: reason });
  return withRefusalHeaders(error, ["www-authenticate", 'Bearer error="invalid_token"']);
}

function checkedAlgorithms(algorithms: readonly string[]): string[] {
  for (const algorithm of algorithms)
    if (!/^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/.test(algorithm))
      throw new ConfigError(
        `algorithm is ${JSON.stringify(algorithm)}; expected one with a public key, such as RS256, PS256, ES256 or EdDSA`,
      );
  return [...algorithms];
}
