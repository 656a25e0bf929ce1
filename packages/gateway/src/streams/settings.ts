/** Limits of streams: WebSockets, and answers that go on. */
export interface StreamSettings {
  /** A stream on which no message went either way for so long is ended, in milliseconds. @default 3600000 */
  readonly idleMs?: number;
  /** How often a silent stream is shown to be alive, and a WebSocket's peer is asked to show it, in milliseconds. @default 30000 */
  readonly pingMs?: number;
  /** Largest message from a WebSocket's peer, in bytes. @default 4 MiB */
  readonly maxMessageBytes?: number;
}

export const streamDefaults: Required<StreamSettings> = {
  idleMs: 3_600_000,
  pingMs: 30_000,
  maxMessageBytes: 4 * 1024 * 1024,
};
