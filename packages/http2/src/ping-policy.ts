import type { ConnectionOptions } from "./connection.ts";
import { ConnectionFault, ErrorCode } from "./errors.ts";

/** How often the peer may ask for a sign of life. */
export interface PingPolicy {
  /** Counts a PING; one too many throws a fault. `sent` grows with each HEADERS and DATA frame of ours. */
  ping(openStreams: number, sent: number): void;
}

// As many as gRPC's servers forgive.
const forgiven = 2;

/**
 * The policy of a connection; undefined when it has none. Who measures the way to us sends a PING with our data, many a second:
 * what comes after a frame of ours begins anew.
 */
export function pingPolicy(
  { minPingMs = 0, pingsWithoutStreams = true }: Pick<ConnectionOptions, "minPingMs" | "pingsWithoutStreams">,
  now: () => number,
): PingPolicy | undefined {
  if (minPingMs <= 0 && pingsWithoutStreams) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  let sentBefore = -1;
  let tooSoon = 0;
  return {
    ping(openStreams, sent) {
      const at = now();
      const soon = at - last < minPingMs || (!pingsWithoutStreams && openStreams === 0);
      last = at;
      if (sent !== sentBefore) {
        sentBefore = sent;
        tooSoon = 0;
        return;
      }
      if (soon && ++tooSoon > forgiven) throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings");
    },
  };
}
