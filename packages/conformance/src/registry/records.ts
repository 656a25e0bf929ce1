import type { Endpoint, Node, ServiceRecord } from "@micro/core";
import type { RegistryHarness } from "./harness.ts";

/** A service name that no other case has used. */
export function freshName(): string {
  return `conformance.${Math.random().toString(36).slice(2, 12)}`;
}

/** Node number `n` of a service. */
export function nodeOf(service: string, n: number, metadata: Record<string, string> = {}): Node {
  return { id: `${service}-${n}`, address: `127.0.0.1:${10_000 + n}`, metadata: { protocol: "grpc", ...metadata } };
}

/** A record as a small service would register it. */
export function recordOf(name: string, nodes: readonly Node[], changes: Partial<ServiceRecord> = {}): ServiceRecord {
  return { name, version: "1.0.0", metadata: {}, endpoints, nodes, ...changes };
}

const endpoints: readonly Endpoint[] = [
  {
    name: "Greeter.Hello",
    request: { name: "Request", type: "Request", values: [{ name: "name", type: "string", values: [] }] },
    response: { name: "Response", type: "Response", values: [{ name: "msg", type: "string", values: [] }] },
    metadata: {},
  },
  { name: "Greeter.Watch", request: undefined, response: undefined, metadata: { stream: "true" } },
];

/**
 * Records in a form that compares equal when they say the same: without what the backend cannot keep, versions and
 * nodes in a fixed order, nodes that appear twice still twice.
 */
export function comparable(records: readonly ServiceRecord[], harness: RegistryHarness): unknown[] {
  return records.map((record) => comparableRecord(record, harness)).sort(byJson);
}

function comparableRecord(record: ServiceRecord, harness: RegistryHarness): unknown {
  return {
    name: record.name,
    version: record.version,
    ...(harness.keepsServiceMetadata !== false && { metadata: { ...record.metadata } }),
    ...(harness.keepsEndpoints !== false && {
      endpoints: record.endpoints.map(({ name, request, response, metadata }) => {
        return { name, request, response, metadata: { ...metadata } };
      }),
    }),
    nodes: record.nodes.map(({ id, address, metadata }) => ({ id, address, metadata: { ...metadata } })).sort(byJson),
  };
}

function byJson(a: unknown, b: unknown): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
