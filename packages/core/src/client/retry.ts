import type { MicroError } from "../words/errors.ts";

/** Whether to try again after `error`; `idempotent` says that running twice does no harm. */
export type RetryRule = (error: MicroError, idempotent: boolean) => boolean;

/**
 * The default: again when the node failed the call, and it surely did not run or may run twice. An answer, good or
 * bad, is never asked for twice, nor is what no node would take, such as a message that is too large.
 */
export const retryUnprocessed: RetryRule = (error, idempotent) =>
  error.code === 503 && (error.unprocessed || (idempotent && !error.answered));

/** go-micro's rule: again on 408 and 500, whether or not the call ran. Source: go-micro v2.9.1 `client/retry.go`. */
export const retryLikeGoMicro: RetryRule = (error) => error.unprocessed || error.code === 408 || error.code === 500;

/**
 * What is left to a call after its first attempt has failed: its retries, and one attempt besides for a node that was found
 * to be gone before it took the call. Such a node is often one that was gone before and is tried again, and the call
 * that does so shall not lack the retry when the next node goes as well. A call without retries has neither.
 */
export class RetriesLeft {
  #left: number;
  #spare: boolean;
  /** The node that failed last. */
  #failedId = "";

  constructor(retries: number) {
    this.#left = retries;
    this.#spare = retries > 0;
  }

  /** Whether there may be another attempt after that at a node has failed. */
  allowAfter({ unprocessed }: MicroError, id: string): boolean {
    const again = id === this.#failedId;
    this.#failedId = id;
    // Where one node is tried twice in a row there is no other.
    return this.#left > 0 || (this.#spare && unprocessed && !again);
  }

  /** Takes one for an attempt at a node; false when there is none for it. */
  take({ unprocessed }: MicroError, id: string): boolean {
    if (!this.#spare || !unprocessed || id === this.#failedId) return this.#left-- > 0;
    this.#spare = false;
    return true;
  }
}
