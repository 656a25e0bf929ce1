import { type Endpoint, parseDuration } from "@micro/core";
import { handlerWords, isHandlerWord } from "../handlers/words.ts";
import type { DeclaredRoute } from "./declared-route.ts";
import { isInternal } from "./internal.ts";
import { literalStart, posixExpression } from "./posix.ts";
import { parseTemplate } from "./template.ts";

/** What became of an endpoint's declaration. */
export interface Declaration {
  readonly routes: readonly DeclaredRoute[];
  /** What cannot be used of it, each a sentence. */
  readonly refused: readonly string[];
}

const nothing: Declaration = { routes: [], refused: [] };

/**
 * The HTTP routes that an endpoint of a service declares in its metadata, as go-micro's services do: `endpoint`, `handler`,
 * `method`, `path` and `host`, lists separated by commas. An endpoint without `path` declares none.
 *
 * Beyond go-micro: `body` and `response_body` name fields as in `google.api.http`, `bindings` holds further routes to the
 * endpoint as a JSON list of `{method, path, body, response_body}`, `timeout` a duration, and `emit_defaults` is `true` or `false`.
 */
export function readDeclaration(service: string, { name, metadata }: Endpoint): Declaration {
  if (!metadata.path && !metadata.bindings) return nothing;
  const refused: string[] = [];
  const routes: DeclaredRoute[] = [];
  const refuse = (why: unknown): void =>
    void refused.push(`route of ${service} ${name} is not used: ${why instanceof Error ? why.message : why}`);

  const endpoint = metadata.endpoint || "";
  const handler = metadata.handler ?? "";
  if (!endpointName.test(endpoint)) refuse(`endpoint is ${JSON.stringify(endpoint)}; expected such as Orders.Get`);
  else if (isInternal(endpoint)) refuse(`${endpoint} is not for the outside`);
  else if (!isHandlerWord(handler))
    refuse(`handler is ${JSON.stringify(handler)}; expected one of ${handlerWords.join(", ")}`);
  else {
    const shared = { service, endpoint, handler, streams: metadata.stream === "true" };
    try {
      const settings = { ...shared, ...readSettings(metadata), ...readHosts(metadata.host ?? "") };
      for (const binding of bindingsOf(metadata)) {
        const { body, response_body: responseBody } = binding;
        const fields = { bodyField: body || undefined, responseField: responseBody || undefined };
        for (const path of list(binding.path)) {
          try {
            routes.push({ ...settings, ...fields, verbs: readVerbs(binding.method), ...readPath(path) });
          } catch (reason) {
            refuse(reason);
          }
        }
      }
    } catch (reason) {
      refuse(reason);
    }
  }
  return { routes, refused };
}

interface Binding {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly response_body: string;
}

function bindingsOf(metadata: Endpoint["metadata"]): Binding[] {
  const { bindings } = metadata;
  const own = metadata.path ? [binding(metadata)] : [];
  if (!bindings) return own;
  let more: unknown;
  try {
    more = JSON.parse(bindings);
  } catch {
    throw new Error(`bindings are no JSON: ${bindings.slice(0, 80)}`);
  }
  if (!Array.isArray(more)) throw new Error("bindings are no JSON list");
  return [...own, ...more.map((each) => binding(Object(each)))];
}

function binding(values: Readonly<Record<string, unknown>>): Binding {
  const text = (key: string): string => (typeof values[key] === "string" ? values[key] : "");
  return { method: text("method"), path: text("path"), body: text("body"), response_body: text("response_body") };
}

function readVerbs(method: string): string[] {
  const verbs = list(method).map((verb) => verb.toUpperCase());
  if (verbs.length === 0) throw new Error("it names no method, which matches no request; * matches any");
  return verbs;
}

function readPath(path: string): Pick<DeclaredRoute, "path" | "pattern" | "variables" | "firstSegment" | "rank"> {
  if (path.startsWith("^") !== path.endsWith("$"))
    throw new Error(`path ${path} begins with ^ or ends with $, and an expression does both`);
  if (!path.startsWith("^")) {
    const { pattern, variables, rank } = parseTemplate(path);
    return { path, pattern, variables, rank: { ...rank, expression: false }, firstSegment: firstLiteral(path) };
  }
  const pattern = posixExpression(path);
  const fixedStart = literalStart(path);
  const rank = { fixedStart, literals: 0, open: true, components: 0, verb: false, expression: true };
  const first = /^\^\/([\w-]+)\//.exec(path)?.[1];
  // An alternative at the top level begins a path of its own.
  return { path, pattern, variables: [], rank, firstSegment: path.includes("|") ? undefined : first };
}

/** The first segment of a template when it is plain text. */
function firstLiteral(path: string): string | undefined {
  return /^\/([\w-]+)(?=\/)/.exec(path)?.[1];
}

function readHosts(hosts: string): Pick<DeclaredRoute, "host" | "hosts"> {
  const names = list(hosts.toLowerCase());
  if (names.length === 0 || names.includes("*")) return { host: undefined, hosts };
  const tests = names.map(hostTest);
  return { host: (name) => tests.some((test) => test(name)), hosts };
}

/** A name, `*.example.com` for all below one, or an expression, which stands for the whole name. */
function hostTest(text: string): (name: string) => boolean {
  if (/^[\w.-]+$/.test(text)) return (name) => name === text;
  if (/^\*\.[\w.-]+$/.test(text)) return (name) => name.length > text.length - 1 && name.endsWith(text.slice(1));
  const expression = posixExpression(`^(${text.replace(/^\^|\$$/g, "")})$`);
  return (name) => expression.test(name);
}

function readSettings(metadata: Endpoint["metadata"]): Pick<DeclaredRoute, "timeoutMs" | "emitDefaults"> {
  const { timeout, emit_defaults: emitDefaults } = metadata;
  const timeoutMs = timeout ? parseDuration(timeout, { negative: false }) : undefined;
  return { timeoutMs, emitDefaults: emitDefaults === undefined ? undefined : emitDefaults === "true" };
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

const endpointName = /^\w{1,200}\.\w{1,200}$/;
