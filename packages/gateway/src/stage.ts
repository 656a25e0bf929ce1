import type { GatewayRequest, HttpAnswer } from "./message.ts";

/** The rest of the way. Never rejects: what fails inside comes back as the answer that tells of it, `error` set. */
export type Next = () => Promise<HttpAnswer>;

/**
 * A part of the way of every request: looks at it, answers it or lets it go on, and may change the answer. What it throws
 * is answered like any other failure.
 */
export type Stage = (request: GatewayRequest, next: Next) => HttpAnswer | Promise<HttpAnswer>;

/** Answers a request whatever happens. */
export type Answering = (request: GatewayRequest) => Promise<HttpAnswer>;

/** A request's way through `stages`, the first outermost, to `last`; `failed` turns whatever is thrown into an answer. */
export function throughStages(
  stages: readonly Stage[],
  last: (request: GatewayRequest) => HttpAnswer | Promise<HttpAnswer>,
  failed: (reason: unknown, request: GatewayRequest) => HttpAnswer,
): Answering {
  const innermost: Answering = async (request) => {
    try {
      return await last(request);
    } catch (reason) {
      return failed(reason, request);
    }
  };
  return stages.reduceRight<Answering>(
    (inner, stage) => async (request) => {
      try {
        return await stage(request, () => inner(request));
      } catch (reason) {
        return failed(reason, request);
      }
    },
    innermost,
  );
}
