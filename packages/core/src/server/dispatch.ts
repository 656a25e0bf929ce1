import type { IncomingCall, SendReply } from "../protocol/protocol.ts";
import { MicroError, notFound } from "../words/errors.ts";
import type { Logger } from "../words/logger.ts";
import type { Context } from "./context.ts";
import type { Coders, Route, Router } from "./router.ts";

/** What a served call goes through. */
export interface DispatchParts<C extends Context> {
  /** The service's name, which raises the errors of its handlers. */
  readonly name: string;
  readonly router: Router<C>;
  readonly logger: Logger;
  context(call: IncomingCall): C;
}

/** One served call, from bytes to bytes. */
export async function dispatch<C extends Context>(
  parts: DispatchParts<C>,
  call: IncomingCall,
  body: Uint8Array,
): Promise<Uint8Array> {
  const route = findRoute(parts, call);
  const coders = codersOf(route, call);
  const request = decodeRequest(coders, body, route);
  const response = await handle(parts, route, request, parts.context(call));
  return encodeReply(coders, response, route);
}

/** One served call of values, made in this process: as `dispatch`, with neither bytes nor a promise of its own. */
export function dispatchValue<C extends Context>(
  parts: DispatchParts<C>,
  route: Route<C>,
  call: IncomingCall,
  request: unknown,
  succeed: (reply: unknown) => void,
  fail: (reason: MicroError) => void,
): void {
  let reply: unknown;
  try {
    reply = route.handler(request, parts.context(call));
  } catch (reason) {
    fail(handlerError(parts, route, reason));
    return;
  }
  if (isPromise(reply)) reply.then(succeed, (reason: unknown) => fail(handlerError(parts, route, reason)));
  else succeed(reply);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** One served call that streams: what the handler gives, message for message. */
export async function dispatchStream<C extends Context>(
  parts: DispatchParts<C>,
  call: IncomingCall,
  messages: AsyncIterable<Uint8Array>,
  send: SendReply,
): Promise<void> {
  const { route, coders, replies } = await openStream(parts, call, messages);
  for (;;) {
    let reply: IteratorResult<unknown>;
    try {
      reply = await replies.next();
    } catch (reason) {
      throw handlerError(parts, route, reason);
    }
    if (reply.done) return;
    let goesOn: boolean;
    try {
      const sent = send(encodeReply(coders, reply.value, route));
      goesOn = sent === true || (await sent);
    } catch (reason) {
      await leave(parts, route, replies);
      throw reason;
    }
    if (!goesOn) {
      await leave(parts, route, replies);
      return;
    }
  }
}

/** No further reply is wanted. How the handler takes that is told to nobody; what it threw by mistake is in the log. */
async function leave<C extends Context>(
  parts: DispatchParts<C>,
  route: Route<C>,
  replies: AsyncIterator<unknown>,
): Promise<void> {
  try {
    await replies.return?.();
  } catch (reason) {
    handlerError(parts, route, reason);
  }
}

/** A stream whose handler has been called. */
interface OpenStream<C extends Context> {
  readonly route: Route<C>;
  readonly coders: Coders;
  readonly replies: AsyncIterator<unknown>;
}

async function openStream<C extends Context>(
  parts: DispatchParts<C>,
  call: IncomingCall,
  messages: AsyncIterable<Uint8Array>,
): Promise<OpenStream<C>> {
  const route = findRoute(parts, call);
  const coders = codersOf(route, call);
  const requests = decodeEach(coders, messages, route);
  const { kind } = route.method;
  const request = kind === "server-stream" ? await onlyOne(requests, route) : requests;
  const response = await handle(parts, route, request, parts.context(call));
  return { route, coders, replies: repliesOf(parts, route, kind === "client-stream" ? [response] : response) };
}

/** What a handler gave, message for message; a list will do as well. */
function repliesOf<C extends Context>(
  parts: DispatchParts<C>,
  route: Route<C>,
  given: unknown,
): AsyncIterator<unknown> {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = Object(given);
  if (typeof asynchronous === "function") return asynchronous.call(given);
  if (typeof synchronous === "function") return oneByOne(given as Iterable<unknown>);
  throw handlerError(parts, route, new TypeError(`${route.name} gave no messages to iterate over`));
}

async function* oneByOne(values: Iterable<unknown>): AsyncGenerator<unknown, void, undefined> {
  yield* values;
}

async function* decodeEach<C extends Context>(
  coders: Coders,
  messages: AsyncIterable<Uint8Array>,
  route: Route<C>,
): AsyncGenerator<unknown, void, undefined> {
  for await (const message of messages) yield decodeRequest(coders, message, route);
}

async function onlyOne<C extends Context>(requests: AsyncGenerator<unknown>, { name }: Route<C>): Promise<unknown> {
  const first = await requests.next();
  if (first.done) throw new MicroError("go.micro.server", 400, `${name} was called without a request`);
  return first.value;
}

function findRoute<C extends Context>({ name, router }: DispatchParts<C>, { endpoint }: IncomingCall): Route<C> {
  const route = router.find(endpoint);
  if (!route) throw notFound("go.micro.server", `endpoint ${endpoint} not found at service ${name}`);
  return route;
}

function codersOf<C extends Context>(route: Route<C>, { contentType }: IncomingCall): Coders {
  const coders = route.coders(contentType);
  if (!coders) throw new MicroError("go.micro.server", 500, `Unsupported Content-Type: ${contentType}`);
  return coders;
}

function decodeRequest<C extends Context>({ request }: Coders, body: Uint8Array, route: Route<C>): unknown {
  try {
    return request.decodeOwned ? request.decodeOwned(body) : request.decode(body);
  } catch (reason) {
    throw new MicroError("go.micro.server", 400, `request of ${route.name}: ${textOf(reason)}`, { cause: reason });
  }
}

async function handle<C extends Context>(
  parts: DispatchParts<C>,
  route: Route<C>,
  request: unknown,
  context: C,
): Promise<unknown> {
  try {
    return await route.handler(request, context);
  } catch (reason) {
    throw handlerError(parts, route, reason);
  }
}

function handlerError<C extends Context>(
  { name, logger }: DispatchParts<C>,
  route: Route<C>,
  reason: unknown,
): MicroError {
  if (reason instanceof MicroError) return reason;
  // Nobody meant to throw this; the caller gets the text, the stack stays here.
  logger.error({ endpoint: route.name, err: reason }, `${route.name} failed: ${textOf(reason)}`);
  return MicroError.from(reason, name);
}

function encodeReply<C extends Context>({ response }: Coders, value: unknown, route: Route<C>): Uint8Array {
  try {
    return response.encode(value ?? {});
  } catch (reason) {
    throw new MicroError("go.micro.server", 500, `reply of ${route.name}: ${textOf(reason)}`, { cause: reason });
  }
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
