import type { HttpRequest } from "./message.ts";

/** What a request means: which endpoint of which service. */
export interface Route {
  /** The registry's name, `go.micro.api.user`. */
  readonly service: string;
  /** `Say.Hello`. */
  readonly endpoint: string;
}

/** Finds the route of a request from the request alone; undefined when it names no service. */
export type Resolver = (request: Pick<HttpRequest, "path">) => Route | undefined;
