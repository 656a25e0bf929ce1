/**
 * Flags of go-micro v2 that mean nothing here. They are read all the same, so that a command line written for Go starts
 * ours; whoever sets one is warned.
 */
export const ignoredFlags = [
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
