import type { ServiceRecord, Value } from "@micro/core";
import type { GoRecord } from "./go-peer.ts";

/** A record as Go's registry package would print it, where empty lists and maps of the record are nil. */
export function asTold({ metadata, endpoints, nodes, ...rest }: ServiceRecord): GoRecord {
  const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length > 0 ? value : null);
  return {
    ...rest,
    metadata: orNull(metadata),
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      request: endpoint.request && toldValue(endpoint.request),
      response: endpoint.response && toldValue(endpoint.response),
    })),
    nodes: nodes.map((node) => ({ ...node })),
  };
}

function toldValue({ name, type, values }: Value): object {
  return { name, type, values: values.length > 0 ? values.map(toldValue) : null };
}

interface GoValue {
  readonly name: string;
  readonly type: string;
  readonly values: readonly GoValue[] | null;
}

/**
 * Endpoints without the three fields that newer generators of Go code put into every message, which go-micro takes for
 * fields of the message.
 */
export function withoutGoInternals(endpoints: GoRecord["endpoints"] | undefined): GoRecord["endpoints"] {
  const clean = (value: GoValue): GoValue => {
    const [first, ...others] = value.values ?? [];
    const values = first?.type === "MessageState" ? others.slice(2) : (value.values ?? []);
    return { ...value, values: values.length > 0 ? values.map(clean) : null };
  };
  return (endpoints ?? []).map((endpoint) => {
    const { request, response, ...rest } = endpoint as { request: GoValue; response: GoValue };
    return { ...rest, request: clean(request), response: clean(response) };
  });
}
