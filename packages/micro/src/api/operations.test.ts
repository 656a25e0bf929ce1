import { readFileSync } from "node:fs";
import { ConfigError, type Flag, formatDuration, parseFlags, silentLogger, withDefaults } from "@micro/core";
import { expect, test } from "vitest";
import { operations, tlsOf } from "./operations.ts";
import { operationsFlags } from "./operations-flags.ts";

const settingsOf = (...argv: string[]) =>
  withDefaults(operationsFlags, parseFlags(operationsFlags, { argv, env: {}, program: "micro api" }).values);

const count = async (...argv: string[]) => (await operations(settingsOf(...argv))).length;

test("nothing is on unless asked for", async () => {
  expect(await count()).toBe(0);
  expect(await tlsOf(settingsOf(), silentLogger)).toBeUndefined();
});

test.each([
  ["--enable_metrics"],
  ["--enable_stats"],
  ["--enable_cors"],
  ["--cors_origins=https://a.example"],
  ["--enable_compression"],
  ["--enable_openapi"],
  ["--rate_limit=10/1s"],
  ["--rate_limits=/rpc=1/1m"],
  ["--auth_issuer=i", "--auth_audience=a", "--auth_jwks_file=f"],
])("%s turns one thing on", async (...argv) => {
  expect(await count(...argv)).toBe(1);
});

test.each([
  ["--auth_public=/login"],
  ["--auth_issuer=i"],
  ["--auth_issuer=i", "--auth_audience=a", "--auth_jwks_file=f", "--auth_algorithms=HS256"],
  ["--rate_limit=often"],
  ["--cors_origins=a.example"],
])("%s is refused", async (...argv) => {
  await expect(operations(settingsOf(...argv))).rejects.toThrow(ConfigError);
});

test("TLS needs its files, and ACME its names", async () => {
  await expect(tlsOf(settingsOf("--enable_tls", "--tls_cert_file=a"), silentLogger)).rejects.toThrow(
    "TLS certificate and key files not specified",
  );
  await expect(tlsOf(settingsOf("--enable_acme"), silentLogger)).rejects.toThrow(ConfigError);
  const acme = ["--enable_acme", "--acme_hosts=a.example", "--acme_cache=c"];
  expect((await tlsOf(settingsOf(...acme), silentLogger))?.ownHandshakes).toBeUndefined();
  const alone = await tlsOf(settingsOf(...acme, "--acme_challenge=tls-alpn-01"), silentLogger);
  expect(alone?.ownHandshakes?.protocol).toBe("acme-tls/1");
  expect(await tlsOf(settingsOf("--enable_tls", "--tls_cert_file=a", "--tls_key_file=b"), silentLogger)).toBeDefined();
});

test("the page about operations lists every flag with its variable and default", () => {
  const page = readFileSync(new URL("../../../../docs/gateway-operations.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `--(\w+)` \| `(\w+)` \| ([^|]*) \|/gm)].map(([, ...cells]) => cells);
  const flags: readonly Flag[] = operationsFlags;
  const shown = ({ type, default: value }: Flag): string =>
    value === undefined ? "" : `\`${type === "duration" ? formatDuration(Number(value)) : value}\``;
  expect(rows).toEqual(flags.map((flag) => [flag.name, flag.env, shown(flag)]));
});
