/** Limits of requests that are passed on as HTTP. */
export interface ProxySettings {
  /** Largest request body, in bytes; it is not held but passed on as it comes. @default 1 GiB */
  readonly maxBodyBytes?: number;
  /** How long a node may take to accept a connection, in milliseconds. @default 1000 */
  readonly dialTimeoutMs?: number;
  /** How long a node may take to begin its answer when the request does not say, in milliseconds. @default 60000 */
  readonly answerTimeoutMs?: number;
  /** How long nothing may come of an answer that has begun, in milliseconds. @default 60000 */
  readonly idleMs?: number;
}

export const proxyDefaults: Required<ProxySettings> = {
  maxBodyBytes: 1024 * 1024 * 1024,
  dialTimeoutMs: 1_000,
  answerTimeoutMs: 60_000,
  idleMs: 60_000,
};
