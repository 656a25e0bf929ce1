import {
  type BrokerPlugin,
  type ClientMiddleware,
  type Closeable,
  closeable,
  createService,
  memoryBroker,
  type Registry,
  type RegistryPlugin,
  type Service,
  type ServiceOptions,
} from "@micro/core";
import { simulatedHub } from "./broker.ts";
import type { FleetParts } from "./fleet.ts";
import { lineLogger } from "./log.ts";
import { type FleetNode, runningNode } from "./node.ts";
import { simulatedProtocol } from "./protocol/simulated.ts";
import { simulatedRegistry } from "./registry.ts";

/** What a service of a fleet may say about itself; the fleet decides the rest. Flags and environment of the process are not read. */
export type FleetServiceOptions = Omit<
  ServiceOptions,
  | "address"
  | "advertise"
  | "broker"
  | "clientTls"
  | "clock"
  | "listen"
  | "localCalls"
  | "logger"
  | "plugins"
  | "protocols"
  | "registry"
  | "tls"
>;

/** A service on a node. Its log lines from `info` on go into the trace. */
export function fleetService(parts: FleetParts, node: FleetNode, id: string, options: FleetServiceOptions): Service {
  const { network, directory, time, store, hub, registry, broker } = parts;
  const protocol = simulatedProtocol(network, directory, node, (what, ended) => act(what, () => ended));
  const logger = lineLogger((line) => network.trace.add(`${node.name} ${line}`));
  const registryPlugin: RegistryPlugin = {
    kind: "registry",
    name: "memory",
    open: () => simulatedRegistry(network, store, node, registry),
  };
  const brokerPlugin: BrokerPlugin = {
    kind: "broker",
    name: "memory",
    open: () => memoryBroker({ hub: simulatedHub(network, hub, node, broker), clock: node.clock, logger }),
  };

  /** Runs what the test does with the service as the service's own; time moves for it also outside of `run`. */
  function act<T>(what: string, work: () => Promise<T>): Promise<T> {
    const inside = (): Promise<T> => node.inside(work);
    return time.moves || runningNode() ? inside() : time.drive(`${what} of ${node.name}`, inside);
  }

  const acting: ClientMiddleware =
    (next, { endpoint }) =>
    (request, callOptions) =>
      runningNode() === node ? next(request, callOptions) : act(endpoint, () => next(request, callOptions));

  const inner = node.inside(() =>
    createService({
      argv: [],
      ...options,
      env: { MICRO_SERVER_ID: id, ...options.env },
      clock: node.clock,
      logger,
      registry: "memory",
      broker: "memory",
      plugins: [registryPlugin, brokerPlugin],
      protocols: [protocol],
      listen: protocol.listen,
      clientMiddleware: [acting, ...(options.clientMiddleware ?? [])],
    }),
  );

  const asked: Registry = {
    ...inner.registry,
    register: (record, registerOptions) => act("register", () => inner.registry.register(record, registerOptions)),
    deregister: (record) => act("deregister", () => inner.registry.deregister(record)),
    getService: (name) => act(`look up ${name}`, () => inner.registry.getService(name)),
    listServices: () => act("list services", () => inner.registry.listServices()),
  };
  async function stop(): Promise<void> {
    // A process that is gone has nothing to stop.
    if (node.state === "crashed") return;
    parts.stopped.add(node);
    await act("stop", inner.stop);
  }

  const own: Pick<Service, Own> = {
    registry: asked,
    handle(description, handlers, handleOptions) {
      inner.handle(description, handlers, handleOptions);
      return service;
    },
    subscribe(topic, subscriber, subscriberOptions) {
      inner.subscribe(topic, subscriber, subscriberOptions);
      return service;
    },
    publish: (topic, value, publishOptions) =>
      act(`publish ${topic}`, () => inner.publish(topic, value, publishOptions)),
    start: () => act("start", inner.start),
    stop,
    ...closeable(stop),
  };
  // Everything else is the service's own, by its prototype: what it gains later is there too.
  const service: Service = Object.create(inner, Object.getOwnPropertyDescriptors(own));
  return service;
}

type Own = "handle" | "subscribe" | "publish" | "registry" | "start" | "stop" | keyof Closeable;
