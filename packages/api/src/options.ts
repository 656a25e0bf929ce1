import type { MicroError } from "@micro/core";
import {
  type GatewayRequest,
  type HandlerName,
  type HttpAnswer,
  type NamespaceOptions,
  proxyDefaults,
  type ResolverName,
  streamDefaults,
  type UnknownFields,
} from "@micro/gateway";

/**
 * Gives errors another shape: the answer to send instead of `usual`, or undefined to leave it. Of a request that HTTP itself
 * refused only `method` and `url` are known.
 */
export type ErrorMapper = (
  error: MicroError,
  request: Pick<GatewayRequest, "method" | "url"> & Partial<GatewayRequest>,
  usual: HttpAnswer,
) => HttpAnswer | undefined;

export interface ApiOptions extends NamespaceOptions {
  /** Where HTTP is served: `:port`, `host:port` or `[v6]:port`; port 0 takes a free one. @default ":8080" */
  address?: string;
  /** Where metrics, statistics and health are served in clear, apart from all else: `127.0.0.1:9090`. @default where HTTP is served */
  adminAddress?: string;
  /** Write a line for each request at `info`. @default true */
  accessLog?: boolean;
  /** How requests become calls. @default "meta" */
  handler?: HandlerName;
  /** How paths become names. @default "micro" */
  resolver?: ResolverName;
  /** What the resolver `subdomain` takes off the Host header, `example.com`. @default none */
  baseDomain?: string;
  /**
   * Services besides those under the prefix that may declare routes: names, or beginnings such as `go.micro.srv.*`; `*` is
   * any. @default none
   */
  routesFrom?: readonly string[];
  /** Serve `/rpc`, which calls any service by name. @default false */
  enableRpc?: boolean;
  /** The services that `/rpc` may call, written like `routesFrom`. @default ["*"] */
  rpcAllow?: readonly string[];
  /** Let endpoints that every service has for those who run it, `Debug.*`, be called. @default false */
  allowInternal?: boolean;
  /** What becomes of fields that the record of an endpoint does not show: `pass`, `ignore`, or `strict`, which is 400. @default "pass" */
  unknownFields?: UnknownFields;
  /** Answers show fields that have their default value. @default false */
  emitDefaults?: boolean;
  /** What `GET /` tells. @default "latest" */
  version?: string;
  /** How long a call may take when the request does not say, in milliseconds. @default 5000 */
  timeoutMs?: number;
  /** What a request's `Timeout` header may ask for at most, in milliseconds. @default 60000 */
  maxTimeoutMs?: number;
  /** Largest request body, in bytes; it is held in memory. @default 100 MiB */
  maxBodyBytes?: number;
  /** Largest request line and headers together, in bytes. @default 16 KiB */
  maxHeaderBytes?: number;
  /** How long a peer may take to send its headers, in milliseconds. @default 10000 */
  headersTimeoutMs?: number;
  /** How long a peer may take to send a whole request, in milliseconds. @default 120000 */
  requestTimeoutMs?: number;
  /** How long a connection without a request is kept, in milliseconds. @default 72000 */
  keepAliveTimeoutMs?: number;
  /** How long requests in flight may take to finish when the gateway closes, in milliseconds. @default 8000 */
  drainTimeoutMs?: number;
  /** How many connections there may be; further ones are closed at once. @default 10000 */
  maxConnections?: number;
  /** How long a stream may be silent both ways, in milliseconds. @default 3600000 */
  streamIdleMs?: number;
  /** How often a silent stream is shown to be alive, in milliseconds. @default 30000 */
  streamPingMs?: number;
  /** Largest message from a WebSocket's peer, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** Largest body of a request that is passed on as HTTP; it is not held. @default 1 GiB */
  maxProxyBodyBytes?: number;
  /** How long a node may take to begin its answer to such a request, in milliseconds. @default 60000 */
  proxyTimeoutMs?: number;
  /** Bytes of all request bodies held at once; a request that would go beyond is 503. @default 1 GiB */
  maxHeldBytes?: number;
  /**
   * Addresses and networks of proxies whose `X-Forwarded-Host` and `X-Forwarded-Proto` are believed; of other peers they
   * are replaced by what the gateway sees itself. @default none
   */
  trustedProxies?: readonly string[];
  /** Gives errors another shape. @default the error's JSON */
  mapError?: ErrorMapper;
}

export const defaults: Required<Omit<ApiOptions, "mapError">> = {
  address: ":8080",
  adminAddress: "",
  accessLog: true,
  handler: "meta",
  resolver: "micro",
  baseDomain: "",
  routesFrom: [],
  enableRpc: false,
  rpcAllow: ["*"],
  allowInternal: false,
  unknownFields: "pass",
  emitDefaults: false,
  namespace: "go.micro",
  type: "api",
  version: "latest",
  timeoutMs: 5_000,
  maxTimeoutMs: 60_000,
  maxBodyBytes: 100 * 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
  // Longer than the minute for which load balancers commonly keep theirs, so that they never write to one just closed.
  keepAliveTimeoutMs: 72_000,
  drainTimeoutMs: 8_000,
  maxConnections: 10_000,
  maxHeldBytes: 1024 * 1024 * 1024,
  streamIdleMs: streamDefaults.idleMs,
  streamPingMs: streamDefaults.pingMs,
  maxMessageBytes: streamDefaults.maxMessageBytes,
  maxProxyBodyBytes: proxyDefaults.maxBodyBytes,
  proxyTimeoutMs: proxyDefaults.answerTimeoutMs,
  trustedProxies: [],
};
