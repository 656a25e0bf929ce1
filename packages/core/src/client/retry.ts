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
