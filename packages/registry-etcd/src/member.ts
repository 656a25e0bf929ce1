import {
  Channel,
  type ChannelCredentials,
  type ClientDuplexStream,
  connectivityState,
  type Metadata,
} from "@grpc/grpc-js";
import type {
  IAuthenticateRequest,
  IAuthenticateResponse,
  IDeleteRangeRequest,
  IDeleteRangeResponse,
  ILeaseGrantRequest,
  ILeaseGrantResponse,
  ILeaseKeepAliveRequest,
  ILeaseKeepAliveResponse,
  ILeaseRevokeRequest,
  ILeaseRevokeResponse,
  IMemberListRequest,
  IMemberListResponse,
  IPutRequest,
  IPutResponse,
  IRangeRequest,
  IRangeResponse,
  IStatusResponse,
  IWatchRequest,
  IWatchResponse,
} from "etcd3";
import { Host } from "etcd3/lib/connection-pool.js";

/** The unary methods used here: request and response. */
export interface UnaryMethods {
  range: [IRangeRequest, IRangeResponse];
  put: [IPutRequest, IPutResponse];
  deleteRange: [IDeleteRangeRequest, IDeleteRangeResponse];
  leaseGrant: [ILeaseGrantRequest, ILeaseGrantResponse];
  leaseRevoke: [ILeaseRevokeRequest, ILeaseRevokeResponse];
  authenticate: [IAuthenticateRequest, IAuthenticateResponse];
  memberList: [IMemberListRequest, IMemberListResponse];
  status: [object, IStatusResponse];
}

/** The streaming ones. */
export interface StreamMethods {
  watch: [IWatchRequest, IWatchResponse];
  leaseKeepAlive: [ILeaseKeepAliveRequest, ILeaseKeepAliveResponse];
}

/** One member of the cluster, over one connection that is made when first used. */
export interface EtcdMember {
  /** For people. */
  readonly address: string;
  /** Whether a connection stands, as far as this side knows. */
  readonly connected: boolean;
  /** Another number after each `reset`: what failed under an earlier one says nothing about the present connection. */
  readonly generation: number;
  /** Resolves when the member may be asked; rejects like a request when it may not, or not within `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  /** Rejects with gRPC's error, at the latest after `timeoutMs`. */
  unary<M extends keyof UnaryMethods>(
    method: M,
    request: UnaryMethods[M][0],
    metadata: Metadata,
    timeoutMs: number,
  ): Promise<UnaryMethods[M][1]>;
  /** Fails after `timeoutMs`; without it, it stays open. Throws gRPC's error when it cannot even be opened. */
  stream<M extends keyof StreamMethods>(
    method: M,
    metadata: Metadata,
    options?: { timeoutMs?: number },
  ): ClientDuplexStream<StreamMethods[M][0], StreamMethods[M][1]>;
  /**
   * Ties the member to the connection that stands: when it breaks, everything on it is cancelled and `onLost` told
   * before there can be another one. False when none stands.
   */
  tie(onLost: () => void): boolean;
  /** Drops the connection and what runs on it. The next use makes a new one, without waiting for any back-off. */
  reset(): void;
}

/**
 * Stands on etcd3's raw clients and nothing of what it builds on them: its retries, circuit breakers, leases and
 * watches do not notice a member that is frozen.
 */
export function etcdMember(target: string, address: string, credentials: ChannelCredentials): EtcdMember {
  let connection: { channel: Channel; host: Host } | undefined;
  let generation = 0;
  const calls = new Set<{ cancel(): void }>();

  function client(service: Parameters<Host["getServiceClient"]>[0]): object {
    if (!connection) {
      const channel = new Channel(target, credentials, channelOptions);
      connection = { channel, host: new Host(target, credentials, { channelOverride: channel }) };
    }
    return connection.host.getServiceClient(service);
  }

  /** Parts with the connection and cancels what runs on it; the answer closes it. */
  function drop(): () => void {
    const { channel } = connection ?? {};
    connection = undefined;
    for (const call of calls) call.cancel();
    calls.clear();
    return () => channel?.close();
  }

  return {
    address,
    get connected() {
      return connection?.channel.getConnectivityState(false) === connectivityState.READY;
    },
    get generation() {
      return generation;
    },
    ready: () => Promise.resolve(),
    unary(method, request, metadata, timeoutMs) {
      return new Promise((resolve, reject) => {
        // etcd3 makes its clients from the proto file while the program runs, so that TypeScript cannot know them.
        const methods = client(services[method]) as Record<typeof method, UnaryCall>;
        const call = methods[method](request, metadata, { deadline: Date.now() + timeoutMs }, (error, response) => {
          calls.delete(call);
          if (error) reject(error);
          else resolve(response as UnaryMethods[typeof method][1]);
        });
        calls.add(call);
      });
    },
    stream(method, metadata, { timeoutMs } = {}) {
      const methods = client(services[method]) as Record<typeof method, StreamCall<typeof method>>;
      const stream = methods[method](metadata, timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs });
      calls.add(stream);
      stream.on("close", () => calls.delete(stream));
      // An error that comes when nobody reads any more would end the process.
      stream.on("error", () => calls.delete(stream));
      return stream;
    },
    tie(onLost) {
      const tied = connection;
      if (tied?.channel.getConnectivityState(false) !== connectivityState.READY) return false;
      // Called while gRPC notices, which is before it could connect again.
      tied.channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
        if (connection !== tied) return;
        onLost();
        const close = drop();
        // Not from within the channel.
        setImmediate(close);
      });
      return true;
    },
    reset() {
      generation++;
      drop()();
    },
  };
}

type UnaryCall = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  done: (error: Error | null, response: unknown) => void,
) => { cancel(): void };

type StreamCall<M extends keyof StreamMethods> = (
  metadata: Metadata,
  options: { deadline?: number },
) => ClientDuplexStream<StreamMethods[M][0], StreamMethods[M][1]>;

const services = {
  range: "KV",
  put: "KV",
  deleteRange: "KV",
  leaseGrant: "Lease",
  leaseRevoke: "Lease",
  leaseKeepAlive: "Lease",
  authenticate: "Auth",
  memberList: "Cluster",
  status: "Maintenance",
  watch: "Watch",
} as const;

const channelOptions = {
  // Otherwise a new channel would get the connection back that was just found dead.
  "grpc.use_local_subchannel_pool": 1,
  // etcd is a neighbour: HTTP proxies from the environment are for the world outside.
  "grpc.enable_http_proxy": 0,
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  // A page of 1,000 records with many endpoints passes the default of 4 MiB.
  "grpc.max_receive_message_length": 256 * 1024 * 1024,
};
