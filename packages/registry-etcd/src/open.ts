import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import {
  badRequest,
  closeable,
  closeOnce,
  encodeRecord,
  groupByVersion,
  type Logger,
  type Registry,
  type ServiceRecord,
  systemClock,
} from "@micro/core";
import type { EtcdAddress } from "./address.ts";
import { candidates } from "./candidates.ts";
import { closedError, etcdCluster } from "./cluster.ts";
import { keepDiscovering } from "./discovery.ts";
import { nodeKey, rootKey, serviceKey } from "./keys.ts";
import { type EtcdMember, etcdMember } from "./member.ts";
import { type EtcdTlsOptions, errorId } from "./options.ts";
import { recordReader } from "./records.ts";
import { registrations, type Wanted } from "./registrations.ts";
import { view } from "./view.ts";
import { watchStream } from "./watch-stream.ts";

/** Options after defaults and checks. */
export interface Settings {
  readonly addresses: readonly EtcdAddress[];
  readonly tls: EtcdTlsOptions | undefined;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly discoverMembers: boolean;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The registry on etcd's connections. It stands apart from `etcdRegistry` so that these are loaded when first used. */
export function openRegistry({ addresses, tls, auth, discoverMembers, timeoutMs, logger }: Settings): Registry {
  const secure = tls !== undefined || addresses.some((address) => address.secure);
  const secured = secure ? secureCredentials(tls) : undefined;
  const connect = (address: EtcdAddress): EtcdMember =>
    etcdMember(address.target, address.text, ((tls || address.secure) && secured) || credentials.createInsecure());

  // Processes start at different members, so that a fleet spreads over the cluster.
  const first = Math.floor(Math.random() * addresses.length);
  const members = candidates(addresses.map(connect), first, systemClock.now);
  const cluster = etcdCluster({ members, auth, timeoutMs, logger });
  if (discoverMembers) keepDiscovering(cluster, members, { rules: { configured: addresses, secure }, connect, logger });
  const stream = watchStream(cluster, logger);
  const reader = recordReader(cluster, logger);
  const kept = registrations(cluster, stream, { timeoutMs, logger });

  const assertOpen = (): void => {
    if (cluster.closing.aborted) throw closedError();
  };

  async function want(record: ServiceRecord, wanted: (one: ServiceRecord) => Wanted | undefined): Promise<void> {
    assertOpen();
    const keys = record.nodes.map((node) => nodeKey(record.name, node.id));
    await Promise.all(keys.map((key, i) => kept.want(key, wanted({ ...record, nodes: record.nodes.slice(i, i + 1) }))));
  }

  return {
    name: "etcd",
    async register(record, { ttlMs } = {}) {
      if (record.nodes.length === 0) throw badRequest(errorId, `cannot register service ${record.name} without nodes`);
      const ttlSeconds = ttlMs === undefined || ttlMs <= 0 ? 0 : Math.ceil(ttlMs / 1_000);
      await want(record, (one) => ({ value: encodeRecord(one), ttlSeconds }));
    },
    async deregister(record) {
      await want(record, () => undefined);
    },
    async getService(name) {
      assertOpen();
      const { records } = await reader.read(serviceKey(name), { serializable: true });
      // Names that differ only in `/` and `-` share their keys.
      return groupByVersion([...records.values()].filter((record) => record.name === name));
    },
    async listServices() {
      assertOpen();
      const { records } = await reader.read(rootKey, { serializable: true });
      return groupByVersion(records.values());
    },
    watch: (options = {}) => view({ reader, stream, closing: cluster.closing, logger }, options),
    ...closeable(
      closeOnce(() => {
        kept.abandon();
        cluster.close();
      }),
    ),
  };
}

function secureCredentials({ ca, cert, key }: EtcdTlsOptions = {}): ChannelCredentials {
  return credentials.createSsl(bytes(ca), bytes(key), bytes(cert));
}

function bytes(pem: string | Uint8Array | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem);
}
