import type { AnyMethod, Init, MethodDescription, Methods } from "../words/description.ts";
import type { Context } from "./context.ts";

/** Answers calls of one endpoint. What it throws goes to the caller: a `MicroError` as it is, anything else as 500. */
export type Handler<Request = unknown, Response = unknown, C extends Context = Context> = (
  request: Request,
  context: C,
) => Response | Promise<Response>;

/** A function for each method of a service. */
export type Handlers<M extends Methods, C extends Context = Context> = { readonly [K in keyof M]: HandlerOf<M[K], C> };

type HandlerOf<M extends AnyMethod, C extends Context> =
  M extends MethodDescription<"unary", infer Request, infer Response>
    ? Handler<Request, Init<Response>, C>
    : M extends MethodDescription<"server-stream", infer Request, infer Response>
      ? StreamHandler<Request, AsyncIterable<Init<Response>>, C>
      : M extends MethodDescription<"client-stream", infer Request, infer Response>
        ? Handler<AsyncIterable<Request>, Init<Response>, C>
        : M extends MethodDescription<"duplex", infer Request, infer Response>
          ? StreamHandler<AsyncIterable<Request>, AsyncIterable<Init<Response>>, C>
          : never;

/** Answers with any number of messages, made no faster than the caller takes them; often an `async *` function. */
export type StreamHandler<Request, Responses extends AsyncIterable<unknown>, C extends Context = Context> = (
  request: Request,
  context: C,
) => Responses;

/** Wraps a handler. Called once an endpoint, when it is added; what it gives runs for each call. */
export type ServerMiddleware<C extends Context = Context> = (
  // biome-ignore lint/suspicious/noExplicitAny: one middleware wraps handlers of every message type
  next: Handler<any, any, C>,
  endpoint: { readonly name: string; readonly method: AnyMethod },
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => Handler<any, any, C>;
