import type { HandlerName, NamespaceOptions, ResolverName } from "@micro/gateway";

export interface ApiOptions extends NamespaceOptions {
  /** Where HTTP is served: `:port`, `host:port` or `[v6]:port`; port 0 takes a free one. @default ":8080" */
  address?: string;
  /** How requests become calls. @default "meta" */
  handler?: HandlerName;
  /** How paths become names. @default "micro" */
  resolver?: ResolverName;
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
}

export const defaults: Required<ApiOptions> = {
  address: ":8080",
  handler: "meta",
  resolver: "micro",
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
};
