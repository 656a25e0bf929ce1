import type { HandlerWord } from "../handlers/words.ts";
import type { HttpRequest } from "../message.ts";

/** What a request means: which endpoint of which service, and how it is to be asked. */
export interface Route {
  /** The registry's name, `go.micro.api.user`. */
  readonly service: string;
  /** `Say.Hello`; for handlers that pass HTTP on, the verb. */
  readonly endpoint: string;
  /** What the endpoint declared, or what its record shows it to want. @default the gateway's handler */
  readonly handler?: HandlerWord;
  /** The endpoint takes or gives more than one message. @default false */
  readonly streams?: boolean;
  /** Values that stood in the path, by dotted field name, decoded. */
  readonly variables?: readonly PathVariable[];
  /** The field that the body becomes, `user` or `user.info`; `*` or absent lays it over the message. */
  readonly bodyField?: string;
  /** The field of the reply that is the answer. @default the whole reply */
  readonly responseField?: string;
  /** How long the call may take when the request does not say, in milliseconds. @default the gateway's */
  readonly timeoutMs?: number;
  /** Answers show fields that have their default value. @default the gateway's setting */
  readonly emitDefaults?: boolean;
  /** Why this route, for people: `declared path GET /orders/{id}`, `resolver micro`. */
  readonly rule?: string;
}

export type PathVariable = readonly [field: string, value: string];

/** What a resolver looks at. */
export type Resolvable = Pick<HttpRequest, "path"> & Partial<Pick<HttpRequest, "method" | "headers">>;

/** Finds the route of a request from the request alone; undefined when it names no service. */
export type Resolver = (request: Resolvable) => Route | undefined;

/** The segments of a path, empty ones left out. */
export function segmentsOf({ path }: Pick<Resolvable, "path">): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** The verb, which stands for the endpoint where a request is passed on as it is. */
export function verbOf({ method = "GET" }: Resolvable): string {
  return method;
}

/** `v` and digits, as in `/v1/user`. */
export const versionSegment: RegExp = /^v\d+$/;

/** What a registry may be asked for; names come from outside. */
export const serviceName: RegExp = /^[\w.~:[\]-]{1,200}$/;
