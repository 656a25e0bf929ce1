import { homedir } from "node:os";
import { join } from "node:path";
import {
  compression,
  cors,
  type Extension,
  fileTls,
  parseRate,
  type RateLimitRule,
  rateLimit,
  stats,
  type TlsSource,
} from "@micro/api";
import { ConfigError, type Logger, type SettledFlagValues } from "@micro/core";
import type { operationsFlags } from "./operations-flags.ts";

type Settings = SettledFlagValues<typeof operationsFlags>;

/**
 * What the flags ask for, from outside in: metrics and stats see every answer, CORS marks every answer, and who asks is known before it
 * is counted how often. What needs a library of its own is loaded only then.
 */
export async function operations(settings: Settings): Promise<Extension[]> {
  const extensions: Extension[] = [];
  if (settings.enable_metrics) extensions.push((await import("@micro/api/metrics")).metrics());
  if (settings.enable_stats) extensions.push(stats());
  if (settings.enable_cors || settings.cors_origins) extensions.push(corsOf(settings));
  if (settings.enable_compression) extensions.push(compression());
  const authentication = await authOf(settings);
  if (authentication) extensions.push(authentication);
  const rules = rateRules(settings);
  if (rules.length > 0) extensions.push(rateLimit({ rules }));
  if (settings.enable_openapi) extensions.push((await import("@micro/api/openapi")).openApi());
  return extensions;
}

/** What HTTPS is served with; ACME goes before files, as in go-micro. Undefined without either. */
export async function tlsOf(settings: Settings, logger: Logger): Promise<TlsSource | undefined> {
  const { tls_cert_file: certFile, tls_key_file: keyFile, tls_client_ca_file: clientCaFile } = settings;
  if (settings.enable_acme) {
    if (clientCaFile !== undefined)
      throw new ConfigError("--tls_client_ca_file has no effect with --enable_acme; use --enable_tls with files");
    const { acmeTls } = await import("@micro/api/acme");
    return acmeTls({
      hosts: settings.acme_hosts ?? [],
      cacheFolder:
        settings.acme_cache ?? join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "micro", "acme"),
      challenge: settings.acme_challenge,
      httpAddress: settings.acme_http_address,
      logger,
      ...(settings.acme_email && { email: settings.acme_email }),
      ...(settings.acme_directory && { directoryUrl: settings.acme_directory }),
    });
  }
  if (!settings.enable_tls) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new ConfigError(
      "TLS certificate and key files not specified: --enable_tls needs --tls_cert_file and --tls_key_file",
    );
  return fileTls({ certFile, keyFile, logger, ...(clientCaFile && { clientCaFile }) });
}

function corsOf({ cors_origins, cors_methods, cors_headers, cors_max_age }: Settings): Extension {
  return cors({
    maxAgeMs: cors_max_age,
    ...(cors_origins && { origins: cors_origins }),
    ...(cors_methods && { methods: cors_methods }),
    ...(cors_headers && { headers: cors_headers }),
  });
}

async function authOf(settings: Settings): Promise<Extension | undefined> {
  const { auth_issuer: issuer, auth_jwks_url: jwksUrl, auth_jwks_file: jwksFile } = settings;
  const { auth_audience: audience = [], auth_public, auth_scopes, auth_cookie, auth_algorithms } = settings;
  if (issuer === undefined) {
    // Half a configuration must not look like a whole one.
    const given = [jwksUrl, jwksFile, auth_public, auth_scopes, auth_cookie, settings.auth_audience, auth_algorithms];
    if (given.every((value) => value === undefined)) return undefined;
    throw new ConfigError(
      "flags of authentication are given without --auth_issuer, so that nobody would be asked for a token",
    );
  }
  const { auth } = await import("@micro/api/auth");
  const own = (settings.cors_origins ?? []).filter((origin) => origin !== "*");
  return auth({
    issuer,
    audience,
    cookieOrigins: own,
    ...(jwksUrl && { jwksUrl }),
    ...(jwksFile && { jwksFile }),
    ...(auth_algorithms && { algorithms: auth_algorithms }),
    ...(auth_public && { public: auth_public }),
    ...(auth_scopes && { scopes: auth_scopes }),
    ...(auth_cookie && { cookie: auth_cookie }),
  });
}

function rateRules({ rate_limit, rate_limits = {}, rate_limit_by: by }: Settings): RateLimitRule[] {
  const ofAll = rate_limit === undefined ? [] : [{ ...parseRate(rate_limit), by }];
  const ofSome = Object.entries(rate_limits).map(([target, rate]) => ({ ...parseRate(rate), by, targets: [target] }));
  return [...ofAll, ...ofSome];
}
