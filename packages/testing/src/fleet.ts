import {
  type Clock,
  type Closeable,
  closeable,
  closeOnce,
  closeStack,
  type MemoryHub,
  type MemoryStore,
  memoryHub,
  memoryStore,
  type Service,
  sleep,
} from "@micro/core";
import { type FleetNetwork, fleetNetwork, type Party } from "./fleet-network.ts";
import { type FleetServiceOptions, fleetService } from "./fleet-service.ts";
import { replaceGlobals } from "./globals.ts";
import { createNetwork, type Network } from "./network.ts";
import { createNode, type FleetNode, runningNode } from "./node.ts";
import { createDirectory, type Directory } from "./protocol/directory.ts";
import { type Random, seededRandom } from "./random.ts";
import { createTime, type Time } from "./time.ts";
import { createTrace, formatEntry, type TraceEntry } from "./trace.ts";
import { virtualClock } from "./virtual-clock.ts";

export interface FleetOptions {
  /** Decides everything that is left to chance: the same seed gives the same run. @default 1 */
  seed?: number;
  /** How much virtual time a run may take before it is given up, in milliseconds. @default 3600000 */
  limitMs?: number;
  /** How many entries the trace keeps. @default 10000 */
  traceLimit?: number;
  /**
   * Whether `Date`, `setTimeout`, `setInterval` and `Math.random` are the fleet's until it is closed, so that handlers
   * which use them keep to its time and seed. @default true
   */
  globals?: boolean;
}

/** Services in one process, on a network and in a time of their own. */
export interface Fleet extends Closeable {
  readonly seed: number;
  /** The time of the fleet. */
  readonly clock: Clock;
  /** Virtual milliseconds since the fleet was made. */
  readonly elapsedMs: number;
  /** Chance for the test itself, from the seed. */
  readonly random: Random;
  readonly network: FleetNetwork;
  /** Where records are kept, as an end of links: `network.partition([user], [fleet.registry])`. */
  readonly registry: Party;
  /** Where messages meet, as an end of links. */
  readonly broker: Party;
  /** A service on a node of its own. The same as `createService` gives, on the fleet's registry, broker, network and time. */
  service(options: FleetServiceOptions): Service;
  /**
   * What `body` gives; while it runs, time goes on by itself each time nothing else can happen. Rejects when that can never
   * end `body`: nothing is due any more, or `limitMs` of virtual time have passed.
   */
  run<T>(body: () => Promise<T>, options?: { limitMs?: number }): Promise<T>;
  /** Waits that long in virtual time; by itself or within `run`. */
  sleep(ms: number): Promise<void>;
  /** What `real` gives; time stands until then. For what happens outside of the fleet, such as reading a file. */
  hold<T>(real: Promise<T>): Promise<T>;
  /**
   * Ends the process as `kill -9` does: nothing is deregistered, its connections break, and what it was doing stops at its next wait. Its
   * records stay until their time to live ends.
   */
  crash(service: Service): void;
  /** Stops the process as SIGSTOP does: connections stand, what arrives waits. */
  pause(service: Service): void;
  /** Lets a paused process go on. */
  resume(service: Service): void;
  /** What happened so far, the newest last. */
  trace(): readonly TraceEntry[];
  /** The newest entries as lines, to print when a test fails. */
  traceText(count?: number): string;
  /** Mends the network, stops the services that still run, and puts the globals back. */
  close(): Promise<void>;
}

/** What the parts of a fleet share. */
export interface FleetParts {
  readonly network: Network;
  readonly directory: Directory;
  readonly time: Time;
  readonly store: MemoryStore;
  readonly hub: MemoryHub;
  readonly registry: FleetNode;
  readonly broker: FleetNode;
  /** Nodes whose services the test has told to stop. */
  readonly stopped: Set<FleetNode>;
}

let openFleet: number | undefined;

/** A fleet without services. One at a time in a process, unless its `globals` are off: close it, or make it with `await using`. */
export function testFleet(options: FleetOptions = {}): Fleet {
  const { seed = 1, limitMs = 3_600_000, traceLimit = 10_000, globals = true } = options;
  if (globals && openFleet !== undefined)
    throw new Error(`the fleet with seed ${openFleet} is still open; close it before another is made`);
  const clock = virtualClock();
  const trace = createTrace(() => clock.elapsedMs, traceLimit);
  const time = createTime(clock, trace, limitMs);
  const network = createNetwork(clock, seededRandom(seed), trace);
  const registry = createNode("registry", "10.0.0.1:2379", clock);
  const broker = createNode("broker", "10.0.0.2:4222", clock);
  const directory = createDirectory();
  const parts: FleetParts = {
    network,
    directory,
    time,
    store: memoryStore({ clock }),
    hub: memoryHub({ clock }),
    registry,
    broker,
    stopped: new Set(),
  };
  const nodes = new Map<Service, FleetNode>();
  const counts = new Map<string, number>();
  const nodeOf = (party: Party): FleetNode => {
    const node = [registry, broker].find((each) => each === party) ?? nodes.get(party as Service);
    if (node) return node;
    throw new TypeError(
      `"${party.name}" does not belong to this fleet; expected a service, its registry or its broker`,
    );
  };
  // Chance for programs is apart from the network's, so that a handler which draws once more changes nothing else.
  const putBack = globals
    ? replaceGlobals(() => runningNode()?.clock ?? clock, seededRandom(seed + 0.5 * 2 ** 32))
    : () => undefined;
  if (globals) openFleet = seed;

  function change(service: Service, how: "crash" | "pause" | "resume"): void {
    const node = nodeOf(service);
    trace.add(`${node.name} ${how === "crash" ? "crashes" : how === "pause" ? "is paused" : "goes on"}`);
    node[how]();
  }

  const fleet: Fleet = {
    seed,
    clock,
    get elapsedMs() {
      return clock.elapsedMs;
    },
    random: seededRandom(seed + 2 ** 32),
    network: fleetNetwork(network, nodeOf, [registry, broker]),
    registry,
    broker,
    service(serviceOptions) {
      const short = serviceOptions.name.split(".").at(-1) ?? serviceOptions.name;
      const count = (counts.get(short) ?? 0) + 1;
      counts.set(short, count);
      const node = createNode(`${short}-${count}`, `10.0.1.${nodes.size + 1}:8080`, clock);
      const service = fleetService(parts, node, String(count), serviceOptions);
      nodes.set(service, node);
      return service;
    },
    run: (body, runOptions = {}) => time.drive("the run", body, runOptions.limitMs),
    sleep: (ms) => time.drive("sleep", () => sleep(clock, ms), ms + limitMs),
    hold: time.hold,
    crash: (service) => change(service, "crash"),
    pause: (service) => change(service, "pause"),
    resume: (service) => change(service, "resume"),
    trace: trace.entries,
    traceText: (count = 200) => trace.entries().slice(-count).map(formatEntry).join("\n"),
    ...closeable(
      closeOnce(async () => {
        const ending = closeStack();
        ending.defer(() => {
          if (globals) openFleet = undefined;
          putBack();
        });
        for (const [service, node] of nodes) {
          if (node.state !== "running") continue;
          // What became of a stop is told to whoever asked for it first.
          if (parts.stopped.has(node)) ending.defer(() => service.stop().catch(() => undefined));
          else ending.use(service);
        }
        network.heal();
        network.setFaults({}, () => true);
        await ending.close();
      }),
    ),
  };
  return fleet;
}
