import type { DeclaredRoute } from "@micro/gateway";

/** One path of the document, and the fields that stand in it. */
export interface DocumentedPath {
  /** As OpenAPI writes it: `/orders/{id}`. */
  readonly path: string;
  readonly variables: readonly string[];
}

/**
 * A declared template as OpenAPI has it, where a variable stands for one segment: `{parent=shelves/*}` is `shelves/{parent}`, as
 * close as it gets, and wildcards get names. Undefined for expressions, which it has no form for.
 */
export function documentedPath({ path, rank }: Pick<DeclaredRoute, "path" | "rank">): DocumentedPath | undefined {
  if (rank.expression) return undefined;
  const variables: string[] = [];
  let unnamed = 0;
  const written = path.replace(/\{([^=}]+)(?:=([^}]*))?\}|\*\*|\*/g, (_whole, name?: string, template?: string) => {
    const variable = name ?? `segment${++unnamed}`;
    variables.push(variable);
    const start = template === undefined ? "" : template.replace(/\*.*$/, "");
    return `${start}{${variable}}`;
  });
  return { path: written, variables };
}

/**
 * The path by which the resolver `micro` reaches an endpoint of a service; undefined when none does. `/user/say/hello` is
 * `Say.Hello` of `go.micro.api.user`, and `/user/call` the shorter one of `User.Call`.
 */
export function resolvedPath(prefix: string, service: string, endpoint: string): string | undefined {
  const [type = "", method = ""] = endpoint.split(".");
  if (!service.startsWith(`${prefix}.`) || type === "" || method === "") return undefined;
  const segments = service.slice(prefix.length + 1).split(".");
  const [first = ""] = segments;
  if (segments.length === 1 && capital(first) === type) return `/${first}/${small(method)}`;
  // Of three segments the first would be taken for a version, and only the type's own name be left.
  if (segments.length === 2 && /^v\d+$/.test(first) && capital(segments[1] ?? "") === type)
    return `/${segments.join("/")}/${small(method)}`;
  if (segments.length === 1 && /^v\d+$/.test(first)) return undefined;
  return `/${segments.join("/")}/${small(type)}/${small(method)}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function small(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}
