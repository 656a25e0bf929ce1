import { type Api, type ApiParts, createApi } from "@micro/api";
import {
  ConfigError,
  createService,
  formatHelp,
  parseFlags,
  type Service,
  type SettledFlagValues,
  serviceFlags,
  withDefaults,
} from "@micro/core";
import { gatewayId, microResolver } from "@micro/gateway";
import type { CommandInput, RunCommand } from "../command.ts";
import { plugins } from "../plugins.ts";
import { toolkitVersion } from "../version.ts";
import { explanationText } from "./explanation-text.ts";
import { gatewayFlags } from "./flags.ts";
import { operations, tlsOf } from "./operations.ts";
import { operationsFlags } from "./operations-flags.ts";

const ownFlags = [...gatewayFlags, ...operationsFlags] as const;
const apiFlags = [...ownFlags, ...serviceFlags] as const;

type Settings = SettledFlagValues<typeof apiFlags>;

/** `micro api`: the gateway, itself a service that is registered like any other, until a signal ends it. */
export const runApi: RunCommand = async (input) => {
  const { argv, env, program, out } = input;
  const { values, rest, help } = parseFlags(apiFlags, { argv, env, program });
  if (help) {
    out(
      formatHelp(apiFlags, { program, summary: "Takes HTTP requests and calls the services that their paths name." }),
    );
    return 0;
  }
  refuseArguments(rest, program);
  const settings = withDefaults(apiFlags, values, values.enable_acme ? { address: ":443" } : {});
  const version = toolkitVersion();
  const explaining = settings.explain !== undefined;
  const extensions = await operations(settings);
  const service: Service = createService({
    name: gatewayId,
    version,
    plugins,
    // Room for the largest body, and for what a message adds around it.
    maxMessageBytes: settings.max_body + 1024 * 1024,
    flags: ownFlags,
    // Who asks for an explanation wants to read it and nothing else.
    argv: explaining && values.log_level === undefined ? ["--log_level=error", ...argv] : argv,
    env,
    hooks: {
      // A port in use must be known before the registry tells anybody about this node.
      beforeStart: () => api.start(),
      afterStart: () => service.logger.info(startLine(settings, service, api)),
      beforeStop: () => api.close(),
    },
  });
  const tls = await tlsOf(settings, service.logger);
  const parts: ApiParts = {
    client: service.rawClient,
    registry: service.registry,
    publish: service.publish,
    logger: service.logger,
    extensions,
    ...(tls && { tls }),
  };
  const api = createApi(parts, apiOptions(settings, version));
  if (settings.explain !== undefined) return explain(settings, settings.explain, service, api, input);
  await service.run();
  return Number(process.exitCode ?? 0);
};

function apiOptions(settings: Settings, version: string) {
  return {
    version,
    address: settings.address,
    adminAddress: settings.admin_address ?? "",
    accessLog: settings.access_log,
    handler: settings.handler,
    resolver: settings.resolver,
    baseDomain: settings.base_domain ?? "",
    namespace: settings.namespace,
    type: settings.type,
    routesFrom: settings.routes_from ?? [],
    enableRpc: settings.enable_rpc,
    rpcAllow: settings.rpc_allow ?? ["*"],
    allowInternal: settings.enable_internal,
    unknownFields: settings.unknown_fields,
    emitDefaults: settings.emit_defaults,
    timeoutMs: settings.client_request_timeout,
    maxTimeoutMs: Math.max(settings.max_timeout, settings.client_request_timeout),
    maxBodyBytes: settings.max_body,
    maxHeldBytes: settings.max_held,
    maxProxyBodyBytes: settings.max_proxy_body,
    proxyTimeoutMs: settings.proxy_timeout,
    streamIdleMs: settings.stream_idle,
    maxConnections: settings.max_connections,
    trustedProxies: settings.trusted_proxies ?? [],
    drainTimeoutMs: settings.drain_timeout,
  };
}

/** What a person who wonders where a request went needs to know, with an example. */
function startLine({ handler, resolver, namespace }: Settings, service: Service, api: Api): string {
  const byHost = namespace === "domain";
  const prefix = byHost ? api.prefixOf(exampleHost) : api.prefix;
  const services = byHost ? `${prefix}.* for ${exampleHost}, ${api.prefix}.* for localhost` : `${prefix}.*`;
  const path = "/user/say/hello";
  const route = resolver === "micro" ? microResolver(prefix)({ path }) : undefined;
  const asked = byHost ? `${exampleHost}${path}` : path;
  const example =
    route && ["meta", "rpc", "api"].includes(handler) ? `, ${asked} → ${route.service} ${route.endpoint}` : "";
  return `HTTP API [${handler}] Listening on ${api.address}, registry ${service.registry.name}, services ${services}, resolver ${resolver}${example}`;
}

const exampleHost = "staging.example.com";

/** Says what a request would come to; exit code 1 when nobody would answer it. */
async function explain(
  { method, host }: Settings,
  path: string,
  service: Service,
  api: Api,
  { out }: CommandInput,
): Promise<number> {
  try {
    const explanation = await api.explain({ path, method, host });
    out(explanationText(explanation, service.registry.name));
    return explanation.fixed || explanation.nodes.length > 0 ? 0 : 1;
  } finally {
    await api.close();
    await service.close();
  }
}

function refuseArguments(rest: readonly string[], program: string): void {
  if (rest.length === 0) return;
  throw new ConfigError(
    `unexpected argument ${JSON.stringify(rest[0])}; ${program} takes flags only, ${program} --help lists them`,
  );
}
