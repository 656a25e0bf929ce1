import {
  type Client,
  Debug,
  type DebugHealth,
  type DebugStats,
  MicroError,
  type Node,
  type Registry,
  type ServiceRecord,
} from "@micro/core";
import { commandsId, getService } from "./services.ts";

/** What one node answered, or why it did not. */
export interface NodeAnswer<T> {
  readonly node: Node;
  /** Undefined when the node did not answer. */
  readonly answer: T | undefined;
  readonly error: MicroError | undefined;
}

/** What the nodes of a service answered, a version at a time, all in the registry's order. */
export interface ServiceAnswers<T> {
  readonly service: string;
  readonly versions: readonly { readonly version: string; readonly nodes: readonly NodeAnswer<T>[] }[];
}

/** What `Debug.Stats` tells of one node. Times are Unix seconds, `memory` bytes, `gc` nanoseconds. */
export type NodeStats = DebugStats;

export interface NodesRequest {
  /** How long each node may take, in milliseconds. @default the client's */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Where services are looked up, and what calls them. The client must find them in that same registry. */
export interface NodesParts {
  readonly registry: Registry;
  readonly client: Client;
}

/** `Debug.Health` of every node, all asked at once. A node that fails is part of the answer; rejects with 404 for an unknown service. */
export function health(
  parts: NodesParts,
  service: string,
  request: NodesRequest = {},
): Promise<ServiceAnswers<DebugHealth>> {
  const client = parts.client.of(Debug, service);
  return eachNode(parts.registry, service, (node) => client.health({ service }, toNode(node, request)));
}

/** `Debug.Stats` of every node, in the same way. */
export function stats(
  parts: NodesParts,
  service: string,
  request: NodesRequest = {},
): Promise<ServiceAnswers<DebugStats>> {
  const client = parts.client.of(Debug, service);
  return eachNode(parts.registry, service, (node) => client.stats({ service }, toNode(node, request)));
}

/** The health of a service at these addresses, without a registry. They must speak gRPC. */
export async function healthAt(
  client: Client,
  service: string,
  addresses: readonly string[],
  request: NodesRequest = {},
): Promise<readonly NodeAnswer<DebugHealth>[]> {
  const { health: check } = client.of(Debug, service);
  return Promise.all(
    addresses.map((address) => {
      const node = { id: address, address, metadata: {} };
      return answerOf(node, () => check({ service }, { ...request, address, retries: 0 }));
    }),
  );
}

async function eachNode<T>(
  registry: Registry,
  service: string,
  ask: (node: Node) => Promise<T>,
): Promise<ServiceAnswers<T>> {
  const records = await getService(registry, service);
  const versions = records.map(async ({ version, nodes }: ServiceRecord) => {
    return { version, nodes: await Promise.all(nodes.map((node) => answerOf(node, () => ask(node)))) };
  });
  return { service, versions: await Promise.all(versions) };
}

async function answerOf<T>(node: Node, ask: () => Promise<T>): Promise<NodeAnswer<T>> {
  try {
    return { node, answer: await ask(), error: undefined };
  } catch (reason) {
    return { node, answer: undefined, error: MicroError.from(reason, commandsId) };
  }
}

/** Calls just this node, by the protocol that it says it speaks, and no other when it fails. */
function toNode({ id }: Node, request: NodesRequest) {
  return { ...request, retries: 0, filters: [(candidate: { node: Node }) => candidate.node.id === id] };
}
