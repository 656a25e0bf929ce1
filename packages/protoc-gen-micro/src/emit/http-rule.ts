import {
  createFileRegistry,
  type DescExtension,
  type DescMethod,
  getOption,
  hasOption,
  isMessage,
  toJson,
} from "@bufbuild/protobuf";
import { shippedFile } from "../proto/shipped.ts";

const verbs = ["delete", "get", "patch", "post", "put"] as const;

/** One binding of a `google.api.http` annotation. */
interface Binding {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly response_body?: string;
}

/**
 * What the registry shall say about a method with a `google.api.http` annotation; `undefined` without one.
 *
 * `endpoint`, `handler`, `method` and `path` are those that go-micro's generator writes, so that its gateway routes to us
 * and ours to it. Our own gateway reads three keys more, which go-micro's passes over: `body` (go-micro acts as if it
 * were `*`), `response_body`, and `bindings`, the additional bindings as a JSON list of objects with these four keys.
 */
export function endpointMetadata(method: DescMethod): Record<string, string> | undefined {
  const rule = annotation(method);
  const first = rule && readBinding(rule);
  if (!rule || !first) return undefined;
  const more = additionalRules(rule).flatMap((each) => readBinding(each) ?? []);
  return {
    endpoint: `${method.parent.name}.${method.name}`,
    handler: "rpc",
    ...first,
    ...(more.length > 0 && { bindings: JSON.stringify(more) }),
  };
}

/** What of a method's annotation the gateway will not see, as sentences. */
export function ignoredBindings(method: DescMethod): string[] {
  const rule = annotation(method);
  if (!rule) return [];
  const empty = [rule, ...additionalRules(rule)].filter((each) => !readBinding(each)).length;
  return empty === 0 ? [] : ["a binding of google.api.http that names no path is ignored"];
}

type Rule = Readonly<Record<string, unknown>>;

/** A custom verb stands for itself, `*` for any. */
function readBinding(rule: Rule): Binding | undefined {
  const verb = verbs.find((name) => typeof rule[name] === "string" && rule[name] !== "");
  const custom = isRule(rule.custom) ? rule.custom : {};
  const method = verb ? verb.toUpperCase() : textOf(custom.kind).toUpperCase();
  const path = verb ? textOf(rule[verb]) : textOf(custom.path);
  if (method === "" || path === "") return undefined;
  const [body, responseBody] = [textOf(rule.body), textOf(rule.responseBody)];
  return { method, path, ...(body && { body }), ...(responseBody && { response_body: responseBody }) };
}

function additionalRules({ additionalBindings }: Rule): Rule[] {
  return Array.isArray(additionalBindings) ? additionalBindings.filter(isRule) : [];
}

function isRule(value: unknown): value is Rule {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The annotation in its JSON form. */
function annotation(method: DescMethod): Rule | undefined {
  const extension = httpExtension();
  if (!hasOption(method, extension) || !extension.message) return undefined;
  const value = getOption(method, extension);
  if (!isMessage(value)) return undefined;
  const json = toJson(extension.message, value);
  return isRule(json) ? json : undefined;
}

let found: DescExtension | undefined;
function httpExtension(): DescExtension {
  if (found) return found;
  const file = shippedFile("google/api/annotations.proto");
  found = file && createFileRegistry(file, shippedFile).getExtension("google.api.http");
  if (!found) throw new Error("google/api/annotations.proto as shipped has no extension google.api.http");
  return found;
}
