import type { MicroError } from "@micro/core";
import { type HttpAnswer, withHeaders } from "@micro/gateway";

type HeaderLine = readonly [name: string, value: string];

const headersOf = new WeakMap<MicroError, readonly HeaderLine[]>();

/** The error, which will be answered with these header lines whatever shape it is given on its way out. */
export function withRefusalHeaders(error: MicroError, ...headers: readonly HeaderLine[]): MicroError {
  headersOf.set(error, headers);
  return error;
}

/** The answer that tells of an error, with the header lines that the error was given, such as `retry-after`. */
export function refusalAnswer(answer: HttpAnswer, error: MicroError): HttpAnswer {
  const headers = headersOf.get(error);
  return headers ? withHeaders(answer, ...headers) : answer;
}
