import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { logLevels } from "../words/logger.ts";
import { formatHelp } from "./flag-help.ts";
import { type Flag, parseFlags, withDefaults } from "./flags.ts";
import { unreadVariables } from "./ignored-flags.ts";
import { registerTimes } from "./register-times.ts";
import { serviceFlags } from "./service-flags.ts";

const flags: readonly Flag[] = serviceFlags;

describe("the table of a service", () => {
  test("has each name and each variable once", () => {
    const names = flags.map((flag) => flag.name);
    const variables = flags.map((flag) => flag.env);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(variables).size).toBe(variables.length);
  });

  test("names variables after flags, as go-micro does", () => {
    for (const { name, env } of flags)
      expect(env).toBe(name === "profile" ? "MICRO_DEBUG_PROFILE" : `MICRO_${name.toUpperCase()}`);
  });

  test("offers exactly the levels that the logger knows", () => {
    expect(flags.find((flag) => flag.name === "log_level")?.choices).toEqual(logLevels);
  });

  test("has defaults that its own flags would accept", () => {
    const values = withDefaults(serviceFlags, {});
    expect(values).toMatchObject({
      registry: "mdns",
      client_retries: 1,
      client_request_timeout: 5_000,
      log_format: "text",
    });
  });

  test("takes the start line of a go-micro service", () => {
    const argv = [
      "--registry=etcd",
      "--registry_address=127.0.0.1:2379",
      "-profile",
      "http",
      "--server_address=:50051",
    ];
    const { values, warnings, rest } = parseFlags(serviceFlags, {
      argv,
      env: { MICRO_LOG_LEVEL: "debug" },
      program: "user-srv",
    });
    expect(values).toEqual({
      registry: "etcd",
      registry_address: ["127.0.0.1:2379"],
      server_address: ":50051",
      log_level: "debug",
    });
    expect(warnings).toEqual(["-profile has no effect here"]);
    expect(rest).toEqual([]);
  });

  test("takes each flag of go-micro v2.9.1", () => {
    const known = new Set(flags.map((flag) => flag.name));
    const theirs = `client client_request_timeout client_retries client_pool_size client_pool_ttl register_ttl
      register_interval server server_name server_version server_id server_address server_advertise server_metadata broker
      broker_address profile registry registry_address runtime runtime_source selector store store_address store_database
      store_table transport transport_address tracer tracer_address auth auth_id auth_secret auth_namespace
      auth_public_key auth_private_key auth_provider auth_provider_client_id auth_provider_client_secret
      auth_provider_endpoint auth_provider_redirect auth_provider_scope config`.split(/\s+/);
    expect(theirs.filter((name) => !known.has(name))).toEqual([]);
  });

  test("stands in the documentation with the variables that mean nothing here", () => {
    const page = readFileSync(new URL("../../../../docs/service.md", import.meta.url), "utf8");
    expect(unreadVariables.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test("never shows the value of a secret", () => {
    const env = { MICRO_AUTH_SECRET: "hunter2", MICRO_AUTH_PRIVATE_KEY: "hunter2" };
    expect(JSON.stringify(parseFlags(serviceFlags, { argv: [], env, program: "p" }))).not.toContain("hunter2");
  });

  test("is printed by --help within the width", () => {
    const help = formatHelp(serviceFlags, { program: "user-srv", width: 100 });
    for (const { name } of flags) expect(help).toContain(`--${name}`);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe("registerTimes", () => {
  test.each([
    [{}, 60, 30],
    [{ register_ttl: 15 }, 15, 7],
    [{ register_ttl: 2 }, 2, 1],
    [{ register_ttl: 600 }, 600, 30],
    [{ register_interval: 45 }, 90, 45],
    [{ register_interval: 5 }, 60, 5],
    [{ register_ttl: 15, register_interval: 10 }, 15, 10],
    [{ register_ttl: 0 }, 0, 30],
    [{ register_ttl: 0, register_interval: 0 }, 0, 0],
  ])("%j gives ttl %d and interval %d", (given, register_ttl, register_interval) => {
    expect(registerTimes(given)).toEqual({ register_ttl, register_interval });
  });

  test.each([
    { register_ttl: 30, register_interval: 30 },
    { register_ttl: 10, register_interval: 30 },
    { register_ttl: 1 },
    { register_ttl: 60, register_interval: 0 },
    { register_interval: 0 },
  ])("%j is an error, since the registration would run out", (given) => {
    expect(() => registerTimes(given)).toThrow(
      /^register_ttl \d+ needs renewal before it runs out, but register_interval is \d+; expected/,
    );
  });
});
