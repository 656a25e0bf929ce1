export { ensureDebian, type RequiredServer, requireServer } from "./debian.ts";
export {
  type EtcdCluster,
  type EtcdMember,
  type EtcdTls,
  etcdServer,
  type StartEtcdOptions,
  startEtcd,
} from "./etcd.ts";
export { freePort, waitForPort } from "./port.ts";
export {
  type Exit,
  type RunningProcess,
  type StartProcessOptions,
  spawnNode,
  startProcess,
} from "./process.ts";
export { type TcpProxy, type TcpProxyOptions, tcpProxy } from "./proxy.ts";
