/** An HTTP request as the translations see it: read completely, its path made clean. */
export interface HttpRequest {
  /** In upper case, as received. */
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  /** Decoded and clean, see `cleanPath`. */
  readonly path: string;
  /** What follows the `?`, not decoded; empty without one. */
  readonly query: string;
  /** Names in lower case; several values of one header joined as Node does it. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** The address of the peer without its port; empty when it has gone already. */
  readonly remoteAddress: string;
  /** Empty when there is none. */
  readonly body: Uint8Array;
}

/** What goes back. A header with several values is there several times. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
}

/** The first value of a header; undefined when it is absent or empty. `name` in lower case. */
export function headerOf({ headers }: Pick<HttpRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === "string" ? value : value?.[0]) || undefined;
}
