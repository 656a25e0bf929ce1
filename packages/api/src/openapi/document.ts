import type { Endpoint } from "@micro/core";
import { type DeclaredRoute, isInternal, type LiveService } from "@micro/gateway";
import type { GatewayView } from "../extension.ts";
import { documentedPath, resolvedPath } from "./paths.ts";
import { fieldSchema, type Schema, schemaOf } from "./schema.ts";

type Described = Pick<GatewayView, "prefix" | "resolver" | "handler" | "version" | "services" | "declaredRoutes">;

type Operation = Readonly<Record<string, unknown>>;
type Paths = Record<string, Record<string, Operation>>;

/**
 * An OpenAPI 3.1 document of what can be reached now: declared routes, and with the resolver `micro` the endpoints of all services
 * under the prefix by their paths. Messages are shown as far as the records show them.
 */
export function openApiDocument(gateway: Described): object {
  const services = new Map(gateway.services().map((service) => [service.name, service]));
  const paths: Paths = {};
  for (const route of gateway.declaredRoutes()) addDeclared(paths, route, services.get(route.service));
  if (gateway.resolver === "micro" && gateway.handler !== "event")
    for (const service of services.values()) addResolved(paths, gateway.prefix, service);
  nameOperations(paths);
  return {
    openapi: "3.1.0",
    info: { title: gateway.prefix, version: gateway.version },
    servers: [{ url: "/" }],
    tags: [...services.keys()].filter((name) => isUsed(paths, name)).map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: errorSchema },
      responses: {
        Error: { description: "What went wrong", content: { "application/json": { schema: errorReference } } },
      },
    },
  };
}

const errorReference: Schema = { $ref: "#/components/schemas/Error" };

const errorSchema: Schema = {
  type: "object",
  properties: {
    id: { type: "string", description: "Who raised it" },
    code: { type: "integer", description: "The HTTP status, or a code of the service's own" },
    detail: { type: "string", description: "What went wrong, for people" },
    status: { type: "string", description: "The phrase of the code" },
  },
};

const verbsOfAny = ["get", "post"];
const documentedVerbs: ReadonlySet<string> = new Set([
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
]);

function addDeclared(paths: Paths, route: DeclaredRoute, service: LiveService | undefined): void {
  const documented = documentedPath(route);
  if (!documented) return;
  const verbs = route.verbs.includes("*") ? verbsOfAny : route.verbs.map((verb) => verb.toLowerCase());
  const endpoint = service?.endpoints.get(route.endpoint);
  for (const verb of verbs) {
    if (!documentedVerbs.has(verb)) continue;
    const operations = operationsAt(paths, documented.path);
    // The first route is the one that is tried first.
    operations[verb] ??= operation(route.service, route.endpoint, verb, endpoint, {
      variables: documented.variables,
      bodyField: route.bodyField,
      responseField: route.responseField,
      streams: route.streams,
    });
  }
}

function addResolved(paths: Paths, prefix: string, { name, endpoints }: LiveService): void {
  for (const endpoint of endpoints.values()) {
    if (isInternal(endpoint.name) || endpoint.metadata.subscriber === "true" || endpoint.metadata.topic) continue;
    const path = resolvedPath(prefix, name, endpoint.name);
    if (path === undefined) continue;
    const operations = operationsAt(paths, path);
    const streams = endpoint.metadata.stream === "true";
    operations.post ??= operation(name, endpoint.name, "post", endpoint, { variables: [], streams });
  }
}

function operationsAt(paths: Paths, path: string): Record<string, Operation> {
  const operations = paths[path] ?? {};
  paths[path] = operations;
  return operations;
}

/** Gives each operation an id of its own, which those who generate clients make names of: the endpoint, and further ones by number. */
function nameOperations(paths: Paths): void {
  const used = new Map<string, number>();
  for (const operations of Object.values(paths)) {
    for (const [verb, found] of Object.entries(operations)) {
      const name = `${found.tags}.${found.summary}`;
      const count = (used.get(name) ?? 0) + 1;
      used.set(name, count);
      operations[verb] = { operationId: count === 1 ? name : `${name}_${count}`, ...found };
    }
  }
}

interface Shape {
  readonly variables: readonly string[];
  readonly bodyField?: string | undefined;
  readonly responseField?: string | undefined;
  readonly streams: boolean;
}

function operation(
  service: string,
  name: string,
  verb: string,
  endpoint: Endpoint | undefined,
  shape: Shape,
): Operation {
  const { variables, bodyField, responseField, streams } = shape;
  const fields = endpoint?.request?.values ?? [];
  const inQuery =
    verb === "get" || verb === "head" || verb === "delete" || (bodyField !== undefined && bodyField !== "*");
  const fieldOf = (path: string): Schema => {
    let at = fields;
    let found = undefined as (typeof fields)[number] | undefined;
    for (const part of path.split(".")) {
      found = at.find((field) => field.name === part);
      at = found?.values ?? [];
    }
    return found ? fieldSchema(found) : { type: "string" };
  };
  const queried = inQuery
    ? fields.filter((field) => !variables.includes(field.name) && field.name !== bodyField && field.values.length === 0)
    : [];
  const parameters = [
    ...variables.map((variable) => ({ name: variable, in: "path", required: true, schema: fieldOf(variable) })),
    ...queried.map((field) => ({ name: field.name, in: "query", schema: fieldSchema(field) })),
  ];
  const hasBody = verb !== "get" && verb !== "head" && verb !== "delete";
  const body = bodyField !== undefined && bodyField !== "*" ? fieldOf(bodyField) : schemaOf(endpoint?.request);
  const reply = endpoint?.response?.values.find((field) => field.name === responseField);
  const answer = reply ? fieldSchema(reply) : schemaOf(endpoint?.response);
  return {
    tags: [service],
    summary: name,
    ...(streams && {
      description: "A stream: WebSocket, server-sent events with `Accept: text/event-stream`, or a JSON value a line.",
    }),
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && { requestBody: { content: { "application/json": { schema: body } } } }),
    responses: {
      "200": {
        description: "The reply",
        content: { [streams ? "application/x-ndjson" : "application/json"]: { schema: answer } },
      },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function isUsed(paths: Paths, service: string): boolean {
  return Object.values(paths).some((operations) =>
    Object.values(operations).some(({ tags }) => Array.isArray(tags) && tags.includes(service)),
  );
}
