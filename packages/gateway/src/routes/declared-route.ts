import type { HandlerWord } from "../handlers/words.ts";
import type { PathRank } from "./template.ts";

/** One way to an endpoint that its service declared: one pattern of paths with its verbs and hosts. */
export interface DeclaredRoute {
  readonly service: string;
  readonly endpoint: string;
  readonly handler: HandlerWord;
  /** In upper case; `*` is any. */
  readonly verbs: readonly string[];
  /** Whether the host, without port and in lower case, is one of those meant; undefined takes any. */
  readonly host: ((name: string) => boolean) | undefined;
  /** As declared, for people. */
  readonly path: string;
  readonly hosts: string;
  readonly pattern: RegExp;
  /** Names of the groups of `pattern`, dotted field names. */
  readonly variables: readonly string[];
  /** What the path must begin with as a first segment; undefined when that is open. */
  readonly firstSegment: string | undefined;
  readonly rank: PathRank & { readonly expression: boolean };
  readonly streams: boolean;
  readonly bodyField: string | undefined;
  readonly responseField: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly emitDefaults: boolean | undefined;
}

/** A route in one line: `GET /orders/{id} → go.micro.api.orders Orders.Get [rpc]`. */
export function describeRoute({ verbs, hosts, path, service, endpoint, handler }: DeclaredRoute): string {
  const host = hosts === "" || hosts === "*" ? "" : ` on ${hosts}`;
  return `${verbs.join(",")} ${path}${host} → ${service} ${endpoint} [${handler}]`;
}
