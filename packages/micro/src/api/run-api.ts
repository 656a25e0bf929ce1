import { createApi } from "@micro/api";
import { ConfigError, createService, formatHelp, parseFlags, serviceFlags, withDefaults } from "@micro/core";
import { gatewayId, microResolver } from "@micro/gateway";
import type { RunCommand } from "../command.ts";
import { plugins } from "../plugins.ts";
import { toolkitVersion } from "../version.ts";
import { gatewayFlags } from "./flags.ts";
import { serviceArgv } from "./service-argv.ts";

const apiFlags = [...gatewayFlags, ...serviceFlags] as const;

/** `micro api`: the gateway, itself a service that is registered like any other, until a signal ends it. */
export const runApi: RunCommand = async ({ argv, env, program, out }) => {
  const { values, rest, help, warnings } = parseFlags(apiFlags, { argv, env, program });
  if (help) {
    out(
      formatHelp(apiFlags, { program, summary: "Takes HTTP requests and calls the services that their paths name." }),
    );
    return 0;
  }
  refuseArguments(rest, program);
  const settings = withDefaults(apiFlags, values);
  const version = toolkitVersion();
  const service = createService({
    name: gatewayId,
    version,
    plugins,
    // Room for the largest body, and for what a message adds around it.
    maxMessageBytes: settings.max_body + 1024 * 1024,
    argv: serviceArgv(values),
    env: {},
    hooks: {
      // A port in use must be known before the registry tells anybody about this node.
      beforeStart: () => api.start(),
      afterStart: () => service.logger.info(startLine()),
      beforeStop: () => api.close(),
    },
  });
  for (const warning of warnings) service.logger.warn(warning);
  const api = createApi(
    { client: service.rawClient, logger: service.logger },
    {
      version,
      address: settings.address,
      handler: settings.handler,
      resolver: settings.resolver,
      namespace: settings.namespace,
      type: settings.type,
      timeoutMs: settings.client_request_timeout,
      maxTimeoutMs: Math.max(settings.max_timeout, settings.client_request_timeout),
      maxBodyBytes: settings.max_body,
      drainTimeoutMs: settings.drain_timeout,
    },
  );

  /** What a person who wonders where a request went needs to know, with an example. */
  function startLine(): string {
    const path = "/user/say/hello";
    const route = microResolver(api.prefix)({ path });
    const example = route ? `, ${path} → ${route.service} ${route.endpoint}` : "";
    const { handler, resolver } = settings;
    return `HTTP API [${handler}] Listening on ${api.address}, registry ${service.registry.name}, resolver ${resolver}${example}`;
  }

  await service.run();
  return Number(process.exitCode ?? 0);
};

function refuseArguments(rest: readonly string[], program: string): void {
  if (rest.length === 0) return;
  throw new ConfigError(
    `unexpected argument ${JSON.stringify(rest[0])}; ${program} takes flags only, ${program} --help lists them`,
  );
}
