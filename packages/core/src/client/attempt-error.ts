import { MicroError } from "../words/errors.ts";

/**
 * What a failed attempt says of its node. One that was given up says nothing (499), unless whoever gave it up
 * says why: an abort whose reason is a `MicroError`, such as 408 for a node that another one has outrun, counts as that.
 */
export function attemptError(error: MicroError, signal: AbortSignal | undefined): MicroError {
  if (error.code !== 499 || error.answered || !signal?.aborted) return error;
  return signal.reason instanceof MicroError ? signal.reason : error;
}
