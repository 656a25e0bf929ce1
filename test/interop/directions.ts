import { type CallOptions, type ErrorFields, MicroError, metadata, type Service } from "@micro/core";
import type { Fleet } from "./fleet.ts";
import type { GoOrder, GoPeer } from "./go-peer.ts";
import { Peer } from "./src/gen/peer.ts";

type Methods = (typeof Peer)["methods"];
export type Method = keyof Methods;
type RequestOf<M extends Method> = Parameters<Methods[M]["request"]["encode"]>[0];
type ReplyOf<M extends Method> = ReturnType<Methods[M]["response"]["decode"]>;

export interface Settings {
  contentType?: string;
  metadata?: Record<string, string>;
  timeoutMs?: number;
  retries?: number;
  /** Takes another service than the direction's own. */
  service?: string;
}

/** What the calling program gets: a reply or an error. */
export type Outcome<M extends Method = Method> =
  | { readonly reply: ReplyOf<M>; readonly error?: undefined }
  | { readonly error: ErrorFields; readonly reply?: undefined };

/** Makes calls the way a program in one of the two languages does. */
export type Caller = <M extends Method>(method: M, request: RequestOf<M>, settings?: Settings) => Promise<Outcome<M>>;

/** The three ways worth comparing; go-micro among itself says what is to be expected of the other two. */
export const directions = ["go → ts", "ts → go", "go → go"] as const;
export type Direction = (typeof directions)[number];

export function callerFor(direction: Direction, { go, goName, ours, ourName }: Fleet): Caller {
  const service = direction === "go → ts" ? ourName : goName;
  return direction === "ts → go" ? oursCalls(ours, service) : goCalls(go, service);
}

export function goCalls(go: GoPeer, service: string): Caller {
  return async (method, request, settings = {}) => {
    const { name, request: type, response } = Peer.methods[method];
    const body = type.toJson(request as never);
    const order: GoOrder = { service, endpoint: `Peer.${name}`, body, ...settings };
    const { reply, error, text } = await go.call(order);
    if (reply) return { reply: response.fromJson(reply) as never };
    if (!error) throw new Error(`go-micro gave an error that is none of its own: ${text}`);
    return { error: { id: "", code: 0, detail: "", status: "", ...error } };
  };
}

export function oursCalls(ours: Service, service: string): Caller {
  return async (method, request, { service: other, contentType, metadata: headers, ...rest } = {}) => {
    const { name, request: type, response } = Peer.methods[method];
    const call = ours.rawClient.prepare<unknown, unknown>({
      service: other ?? service,
      endpoint: `Peer.${name}`,
      request: type as never,
      response: response as never,
      ...(contentType && { contentType }),
    });
    const options: CallOptions = { ...rest, ...(headers && { metadata: metadata(headers) }) };
    try {
      return { reply: (await call(request, options)) as never };
    } catch (reason) {
      if (!(reason instanceof MicroError)) throw reason;
      const { id, code, detail, status } = reason;
      return { error: { id, code, detail, status } };
    }
  };
}
