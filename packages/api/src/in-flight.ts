import type { ServerResponse } from "node:http";

/** Counts the requests being answered. */
export interface InFlight {
  readonly count: number;
  /** True once `drained` was called: no further request is wanted on the connections there are. */
  readonly draining: boolean;
  /** Counts a request until its response is sent or its peer has gone. */
  add(response: ServerResponse): void;
  /** Resolves with the number of requests left when none is, or after `timeoutMs`. */
  drained(timeoutMs: number): Promise<number>;
}

export function inFlight(): InFlight {
  let count = 0;
  let draining = false;
  let onIdle: (() => void) | undefined;
  const ended = (): void => {
    if (--count === 0) onIdle?.();
  };
  return {
    get count() {
      return count;
    },
    get draining() {
      return draining;
    },
    add(response) {
      count++;
      response.on("close", ended);
    },
    drained(timeoutMs) {
      draining = true;
      if (count === 0) return Promise.resolve(0);
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(count), timeoutMs);
        onIdle = () => {
          clearTimeout(timer);
          resolve(0);
        };
      });
    },
  };
}
