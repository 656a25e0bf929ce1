export { etcdRegistry } from "./etcd-registry.ts";
export type { EtcdRegistryOptions, EtcdTlsOptions } from "./options.ts";
export { etcd } from "./plugin.ts";
