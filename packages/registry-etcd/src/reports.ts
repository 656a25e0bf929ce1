import type { Logger } from "@micro/core";

/** Tells the log that the connection was lost and that it is back, once each, however many requests notice. */
export interface Reports {
  failed(address: string, cause: string): void;
  succeeded(address: string): void;
}

const remindAfterMs = 60_000;
// Lines closer together than this say nothing that the first did not say.
const quietMs = 5_000;

export function reports(logger: Logger, now: () => number): Reports {
  let trouble: { sinceMs: number; saidMs: number; loud: boolean } | undefined;
  let lastWarnMs = Number.NEGATIVE_INFINITY;
  return {
    failed(address, cause) {
      const nowMs = now();
      if (!trouble) {
        const loud = nowMs - lastWarnMs >= quietMs;
        trouble = { sinceMs: nowMs, saidMs: nowMs, loud };
        if (loud) lastWarnMs = nowMs;
        logger[loud ? "warn" : "debug"]({ address, cause }, `etcd at ${address} does not serve: ${cause}`);
      } else if (nowMs - trouble.saidMs >= remindAfterMs) {
        trouble.saidMs = nowMs;
        trouble.loud = true;
        lastWarnMs = nowMs;
        logger.warn(
          { address, cause },
          `no etcd for ${seconds(nowMs - trouble.sinceMs)}; last tried ${address}: ${cause}`,
        );
      }
    },
    succeeded(address) {
      if (!trouble) return;
      const { sinceMs, loud } = trouble;
      trouble = undefined;
      logger[loud ? "info" : "debug"]({ address }, `etcd serves at ${address} after ${seconds(now() - sinceMs)}`);
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
