import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { type Candidate, type Closeable, closeable, closeOnce, MicroError, type Selector } from "@micro/core";
import type { Agent, Dispatcher } from "undici";
import { gatewayId } from "../gateway-id.ts";
import { type Handler, isIdempotent } from "../handler.ts";
import type { GatewayRequest, HttpAnswer } from "../message.ts";
import { passedHeaders, returnedHeaders } from "../pass-headers.ts";
import { describeFailure, type Failure } from "./failure.ts";
import type { ProxySettings } from "./settings.ts";
import { tunnel } from "./tunnel.ts";

/** A handler that keeps connections. */
export interface ProxyHandler extends Closeable {
  readonly handle: Handler;
}

/**
 * Passes requests on to a node as they are, path, query and Host header included, and answers back, both as they come. A node
 * that cannot be reached is left out and the next one tried; a request that may have arrived is not sent again, unless it is
 * a GET or HEAD without a body. Requests to become a WebSocket are tunnelled.
 */
export function proxyHandler(selector: Selector, settings: Required<ProxySettings>): ProxyHandler {
  let opening: Promise<Agent> | undefined;
  // The library is loaded by the first request that needs it.
  const agent = (): Promise<Agent> => {
    opening ??= import("undici").then(
      ({ Agent }) =>
        new Agent({
          connect: { timeout: settings.dialTimeoutMs },
          headersTimeout: settings.answerTimeoutMs,
          bodyTimeout: settings.idleMs,
        }),
    );
    return opening;
  };

  async function attempt(request: GatewayRequest, candidate: Candidate, timeoutMs: number): Promise<HttpAnswer> {
    const { address } = candidate.node;
    if (request.upgrade) return tunnel(request, request.upgrade, address, settings.dialTimeoutMs);
    const sent: Dispatcher.RequestOptions = {
      origin: `http://${address}`,
      // What else undici could do with an absolute URL does not matter: the node's address is what is dialled.
      path: targetOf(request),
      method: request.method as Dispatcher.HttpMethod,
      headers: passedHeaders(request),
      body: hasBody(request.raw) ? Readable.from(limited(request.raw, settings.maxBodyBytes)) : null,
      headersTimeout: timeoutMs,
      signal: request.signal,
      responseHeaders: "raw",
    };
    const { statusCode, headers, body } = await (await agent()).request(sent);
    return { status: statusCode, headers: returnedHeaders(headers as unknown as string[]), body };
  }

  const handle: Handler = async (request, route, { timeoutMs, timeoutAsked = false }) => {
    const selected = selector.select(route.service);
    const next = selected instanceof Promise ? await selected : selected;
    refuseTooLarge(request.raw, settings.maxBodyBytes);
    const repeatable = isIdempotent(request) && !hasBody(request.raw);
    let failure: Failure | undefined;
    for (let attempts = 1; ; attempts++) {
      const candidate = nextNode(next, failure);
      selector.began?.(candidate);
      try {
        const answer = await attempt(request, candidate, timeoutAsked ? timeoutMs : settings.answerTimeoutMs);
        selector.mark(candidate, "reached");
        selector.ended?.(candidate);
        return answer;
      } catch (reason) {
        failure = describeFailure(reason, route.service, candidate.node.address);
        if (failure.nodeFailed) selector.mark(candidate, "failed");
        selector.ended?.(candidate, failure.error);
        const again = failure.unsent ? attempts < maxAttempts : failure.nodeFailed && repeatable && attempts === 1;
        if (!again || request.raw.readableDidRead) throw failure.error;
      }
    }
  };

  return {
    handle,
    ...closeable(closeOnce(async () => (await opening)?.destroy())),
  };
}

const maxAttempts = 3;

/** When nobody is left for another attempt, what the last one failed of says more. */
function nextNode(next: () => Candidate, failure: Failure | undefined): Candidate {
  try {
    return next();
  } catch (reason) {
    throw failure?.error ?? reason;
  }
}

/** Path and query as received; of an absolute URL those only. */
function targetOf({ url }: Pick<GatewayRequest, "url">): string {
  if (url.startsWith("/")) return url;
  const local = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return local.startsWith("/") ? local : `/${local}`;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return length === undefined ? headers["transfer-encoding"] !== undefined : length !== "0";
}

function refuseTooLarge({ headers }: IncomingMessage, maxBytes: number): void {
  if (Number(headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** The body as it comes, up to a size. Not the request's own stream, which would be lost with an attempt that failed. */
async function* limited(request: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      request.resume();
      throw tooLarge(maxBytes);
    }
    yield chunk;
  }
}

function tooLarge(maxBytes: number): MicroError {
  return new MicroError(gatewayId, 413, `request body is larger than ${maxBytes} bytes`);
}
