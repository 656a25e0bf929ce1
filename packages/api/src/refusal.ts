import type { MicroError } from "@micro/core";
import { type Stage, withHeaders } from "@micro/gateway";

type HeaderLine = readonly [name: string, value: string];

const headersOf = new WeakMap<MicroError, readonly HeaderLine[]>();

/** The error, which will be answered with these header lines whatever shape it is given on its way out. */
export function withRefusalHeaders(error: MicroError, ...headers: readonly HeaderLine[]): MicroError {
  headersOf.set(error, headers);
  return error;
}

/** Adds the header lines of errors that have some, such as `retry-after`. */
export const refusalHeaders: Stage = async (_request, next) => {
  const answer = await next();
  const headers = answer.error && headersOf.get(answer.error);
  return headers ? withHeaders(answer, ...headers) : answer;
};
