export { testCertificate, testKey } from "./certificate.ts";
export { ensureDebian, type RequiredServer, requireServer } from "./debian.ts";
export {
  type EtcdCluster,
  type EtcdMember,
  type EtcdTls,
  etcdServer,
  type StartEtcdOptions,
  startEtcd,
} from "./etcd.ts";
export { type Host, type Hosts, networkTools, startHosts } from "./hosts.ts";
/** HTTP/2 frames by hand, for peers that break the rules. */
export * as http2Frames from "./http2-frames.ts";
export { type Load, type LoadOptions, startLoad, type Tally } from "./load.ts";
export { type LockedRun, underLock } from "./lock.ts";
export { freePort, waitForPort } from "./port.ts";
export {
  type Exit,
  type RunningProcess,
  type StartProcessOptions,
  spawnNode,
  startProcess,
} from "./process.ts";
export { type TcpProxy, type TcpProxyOptions, tcpProxy } from "./proxy.ts";
