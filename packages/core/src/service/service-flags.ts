import { ConfigError } from "../words/plugin.ts";
import type { FlagValues } from "./flags.ts";

/**
 * The flags and `MICRO_*` variables of every service, named as in go-micro v2. A default here is the last resort: what
 * the program says in code goes before it.
 */
export const serviceFlags = [
  {
    name: "server_name",
    type: "string",
    help: "name of the service",
    env: "MICRO_SERVER_NAME",
    placeholder: "NAME",
    group: "Server",
  },
  {
    name: "server_version",
    type: "string",
    help: "version of the service",
    env: "MICRO_SERVER_VERSION",
    placeholder: "VERSION",
    default: "latest",
    group: "Server",
  },
  {
    name: "server_id",
    type: "string",
    help: "id of this node; a new UUID unless given",
    env: "MICRO_SERVER_ID",
    placeholder: "ID",
    group: "Server",
  },
  {
    name: "server_address",
    type: "string",
    help: "address to listen on; port 0 takes a free one",
    env: "MICRO_SERVER_ADDRESS",
    placeholder: "HOST:PORT",
    default: ":0",
    group: "Server",
  },
  {
    name: "server_advertise",
    type: "string",
    help: "address to register when others reach this node under another one than it listens on",
    env: "MICRO_SERVER_ADVERTISE",
    placeholder: "HOST:PORT",
    group: "Server",
  },
  {
    name: "server_metadata",
    type: "pairs",
    help: "what to register about this node, in place of what the program says",
    env: "MICRO_SERVER_METADATA",
    group: "Server",
  },
  {
    name: "server",
    type: "string",
    help: "protocol that the registry is told; both are served on the one port",
    env: "MICRO_SERVER",
    placeholder: "NAME",
    choices: ["grpc", "mucp"],
    default: "grpc",
    group: "Server",
  },
  {
    name: "grpc_engine",
    type: "string",
    help: "what gRPC stands on: HTTP/2 of our own, or grpc-js",
    env: "MICRO_GRPC_ENGINE",
    choices: ["micro", "grpc-js"],
    default: "micro",
    group: "Server",
  },
  {
    name: "grpc_reflection",
    type: "boolean",
    help: "tell gRPC tools which services there are and what their messages look like",
    env: "MICRO_GRPC_REFLECTION",
    default: false,
    group: "Server",
  },
  {
    name: "transport",
    type: "string",
    help: "what mucp goes over: http, or memory, which stays within the process; gRPC is its own transport",
    env: "MICRO_TRANSPORT",
    placeholder: "NAME",
    choices: ["http", "memory"],
    default: "http",
    group: "Server",
  },
  {
    name: "drain_timeout",
    type: "duration",
    help: "how long calls in flight may take to finish when the service stops",
    env: "MICRO_DRAIN_TIMEOUT",
    // Docker kills ten seconds after it asked to stop; deregistering and closing need some of them.
    default: 8_000,
    group: "Server",
  },
  {
    name: "client",
    type: "string",
    help: "protocol of nodes that are called by address; any other node says what it speaks",
    env: "MICRO_CLIENT",
    placeholder: "NAME",
    choices: ["grpc", "mucp"],
    default: "grpc",
    group: "Client",
  },
  {
    name: "client_request_timeout",
    type: "duration",
    help: "how long a call may take, all its attempts together",
    env: "MICRO_CLIENT_REQUEST_TIMEOUT",
    default: 5_000,
    group: "Client",
  },
  {
    name: "client_retries",
    type: "int",
    help: "tries after the first one has failed",
    env: "MICRO_CLIENT_RETRIES",
    default: 1,
    min: 0,
    group: "Client",
  },
  {
    name: "client_pool_ttl",
    type: "duration",
    help: "how long a connection that nobody uses is kept",
    env: "MICRO_CLIENT_POOL_TTL",
    default: 60_000,
    group: "Client",
  },
  {
    name: "selector",
    type: "string",
    help: "how a node is chosen",
    env: "MICRO_SELECTOR",
    placeholder: "NAME",
    default: "registry",
    group: "Client",
  },
  {
    name: "registry",
    type: "string",
    help: "where services are registered and found",
    env: "MICRO_REGISTRY",
    placeholder: "NAME",
    default: "mdns",
    group: "Registry",
  },
  {
    name: "registry_address",
    type: "list",
    help: "addresses of the registry",
    env: "MICRO_REGISTRY_ADDRESS",
    placeholder: "HOST:PORT,…",
    group: "Registry",
  },
  {
    name: "register_ttl",
    type: "int",
    help: "how long a registration lives unless renewed, 0 for ever; 60 unless given, at least two intervals",
    env: "MICRO_REGISTER_TTL",
    placeholder: "SECONDS",
    min: 0,
    max: 2_147_483,
    group: "Registry",
  },
  {
    name: "register_interval",
    type: "int",
    help: "how often it is renewed; half of register_ttl unless given, at most 30",
    env: "MICRO_REGISTER_INTERVAL",
    placeholder: "SECONDS",
    min: 0,
    max: 2_147_483,
    group: "Registry",
  },
  {
    name: "broker",
    type: "string",
    help: "what carries published messages",
    env: "MICRO_BROKER",
    placeholder: "NAME",
    default: "http",
    group: "Broker",
  },
  {
    name: "broker_address",
    type: "list",
    help: "addresses of the broker; for http the one to receive on",
    env: "MICRO_BROKER_ADDRESS",
    placeholder: "HOST:PORT,…",
    group: "Broker",
  },
  {
    name: "log_level",
    type: "string",
    help: "least level that is logged",
    env: "MICRO_LOG_LEVEL",
    placeholder: "LEVEL",
    choices: ["trace", "debug", "info", "warn", "error", "fatal"],
    default: "info",
    group: "Log",
  },
  {
    name: "tracer",
    type: "string",
    help: "keep the last spans in memory, for Debug.Trace; none are kept unless given",
    env: "MICRO_TRACER",
    choices: ["memory"],
    group: "Log",
  },
  {
    name: "log_format",
    type: "string",
    help: "lines for people or for machines",
    env: "MICRO_LOG_FORMAT",
    placeholder: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    group: "Log",
  },
  {
    name: "client_pool_size",
    type: "string",
    help: "connections to keep to each node; one carries many calls here",
    env: "MICRO_CLIENT_POOL_SIZE",
    ignored: true,
  },
  {
    name: "transport_address",
    type: "string",
    help: "addresses of the transport",
    env: "MICRO_TRANSPORT_ADDRESS",
    ignored: true,
  },
  { name: "profile", type: "string", help: "profiler", env: "MICRO_DEBUG_PROFILE", ignored: true },
  { name: "runtime", type: "string", help: "runtime", env: "MICRO_RUNTIME", ignored: true },
  {
    name: "runtime_source",
    type: "string",
    help: "where the runtime finds services",
    env: "MICRO_RUNTIME_SOURCE",
    ignored: true,
  },
  { name: "store", type: "string", help: "store", env: "MICRO_STORE", ignored: true },
  { name: "store_address", type: "string", help: "addresses of the store", env: "MICRO_STORE_ADDRESS", ignored: true },
  { name: "store_database", type: "string", help: "database of the store", env: "MICRO_STORE_DATABASE", ignored: true },
  { name: "store_table", type: "string", help: "table of the store", env: "MICRO_STORE_TABLE", ignored: true },
  {
    name: "tracer_address",
    type: "string",
    help: "addresses of the tracer",
    env: "MICRO_TRACER_ADDRESS",
    ignored: true,
  },
  { name: "auth", type: "string", help: "authentication", env: "MICRO_AUTH", ignored: true },
  { name: "auth_id", type: "string", help: "account", env: "MICRO_AUTH_ID", ignored: true },
  { name: "auth_secret", type: "string", help: "secret of the account", env: "MICRO_AUTH_SECRET", ignored: true },
  {
    name: "auth_namespace",
    type: "string",
    help: "namespace of the account",
    env: "MICRO_AUTH_NAMESPACE",
    ignored: true,
  },
  {
    name: "auth_public_key",
    type: "string",
    help: "key to check tokens with",
    env: "MICRO_AUTH_PUBLIC_KEY",
    ignored: true,
  },
  {
    name: "auth_private_key",
    type: "string",
    help: "key to sign tokens with",
    env: "MICRO_AUTH_PRIVATE_KEY",
    ignored: true,
  },
  { name: "auth_provider", type: "string", help: "where accounts log in", env: "MICRO_AUTH_PROVIDER", ignored: true },
  {
    name: "auth_provider_client_id",
    type: "string",
    help: "client id there",
    env: "MICRO_AUTH_PROVIDER_CLIENT_ID",
    ignored: true,
  },
  {
    name: "auth_provider_client_secret",
    type: "string",
    help: "client secret there",
    env: "MICRO_AUTH_PROVIDER_CLIENT_SECRET",
    ignored: true,
  },
  {
    name: "auth_provider_endpoint",
    type: "string",
    help: "address of it",
    env: "MICRO_AUTH_PROVIDER_ENDPOINT",
    ignored: true,
  },
  {
    name: "auth_provider_redirect",
    type: "string",
    help: "where it sends people back to",
    env: "MICRO_AUTH_PROVIDER_REDIRECT",
    ignored: true,
  },
  {
    name: "auth_provider_scope",
    type: "string",
    help: "scope asked of it",
    env: "MICRO_AUTH_PROVIDER_SCOPE",
    ignored: true,
  },
  { name: "config", type: "string", help: "remote configuration", env: "MICRO_CONFIG", ignored: true },
] as const;

/** Variables that go-micro reads without a flag, and that mean nothing here; whoever sets one is warned. */
export const unreadVariables = [
  "MICRO_PLUGIN",
  "MICRO_PROXY",
  "MICRO_PROXY_ADDRESS",
  "MICRO_NETWORK",
  "MICRO_NETWORK_ADDRESS",
  "MICRO_ROUTER",
  "MICRO_ROUTER_ADDRESS",
] as const;

/** What flags and environment say about a service; absent where they say nothing. */
export type ServiceFlagValues = FlagValues<typeof serviceFlags>;

export interface RegisterTimes {
  /** Seconds that a registration lives unless renewed; 0 for ever. */
  readonly register_ttl: number;
  /** Seconds between two renewals; 0 for none. */
  readonly register_interval: number;
}

/**
 * Both times, when one or none is given: the ttl 60 s but at least twice the interval, the interval half of the ttl but
 * at most 30 s. With go-micro's fixed 60 and 30, a lone `--register_ttl=15` lets the record vanish before each renewal.
 *
 * Throws a `ConfigError` when a registration would run out before it is renewed.
 */
export function registerTimes(given: Partial<RegisterTimes>): RegisterTimes {
  const { register_ttl = Math.max(60, 2 * (given.register_interval ?? 0)) } = given;
  const { register_interval = register_ttl === 0 ? 30 : Math.min(30, Math.max(1, Math.floor(register_ttl / 2))) } =
    given;
  const lasts = register_ttl === 0 || (register_interval > 0 && register_ttl > register_interval);
  if (!lasts)
    throw new ConfigError(
      `register_ttl ${register_ttl} needs renewal before it runs out, but register_interval is ${register_interval}; expected ` +
        "a register_interval of at least 1 and less than register_ttl, or register_ttl 0 for a registration that stays",
    );
  return { register_ttl, register_interval };
}
