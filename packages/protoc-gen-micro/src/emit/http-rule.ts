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

/** What a `google.api.http` annotation says. */
interface HttpRule {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/**
 * What the registry shall say about a method with a `google.api.http` annotation; `undefined` without one.
 *
 * The keys are those that go-micro's generator writes, so that its gateway routes to us and ours to it. `body` is one
 * more: go-micro's gateway ignores it and acts as if it were `*`.
 */
export function endpointMetadata(method: DescMethod): Record<string, string> | undefined {
  const rule = readRule(method);
  if (!rule) return undefined;
  return {
    endpoint: `${method.parent.name}.${method.name}`,
    handler: "rpc",
    method: rule.method,
    path: rule.path,
    ...(rule.body ? { body: rule.body } : {}),
  };
}

/** What of a method's annotation the gateway will not see, as sentences; the same is left out by go-micro. */
export function ignoredBindings(method: DescMethod): string[] {
  const rule = annotation(method);
  if (!rule) return [];
  const ignored: string[] = [];
  if (rule.custom !== undefined) {
    ignored.push("the custom verb of google.api.http is ignored: a route has one of delete, get, patch, post, put");
  }
  if (rule.additionalBindings !== undefined) {
    ignored.push("additional_bindings of google.api.http are ignored: an endpoint has one route, the first");
  }
  return ignored;
}

function readRule(method: DescMethod): HttpRule | undefined {
  const rule = annotation(method);
  if (!rule) return undefined;
  const verb = verbs.find((name) => typeof rule[name] === "string" && rule[name] !== "");
  const path = verb && rule[verb];
  if (!verb || typeof path !== "string") return undefined;
  const body = typeof rule.body === "string" ? { body: rule.body } : {};
  return { method: verb.toUpperCase(), path, ...body };
}

/** The annotation in its JSON form. */
function annotation(method: DescMethod): Record<string, unknown> | undefined {
  const extension = httpExtension();
  if (!hasOption(method, extension) || !extension.message) return undefined;
  const value = getOption(method, extension);
  if (!isMessage(value)) return undefined;
  const json = toJson(extension.message, value);
  return json !== null && typeof json === "object" && !Array.isArray(json) ? json : undefined;
}

let found: DescExtension | undefined;
function httpExtension(): DescExtension {
  if (found) return found;
  const file = shippedFile("google/api/annotations.proto");
  found = file && createFileRegistry(file, shippedFile).getExtension("google.api.http");
  if (!found) throw new Error("google/api/annotations.proto as shipped has no extension google.api.http");
  return found;
}
