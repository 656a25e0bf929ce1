import { type RegistryCache, registryCache } from "../registry/cache.ts";
import type { NodeTable } from "../registry/node-table.ts";
import type { Registry } from "../registry/registry.ts";
import { type Clock, systemClock } from "../words/clock.ts";
import { type MicroError, notFound, unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { sparingly } from "../words/sparingly.ts";
import { type Health, health } from "./health.ts";
import { leftOut } from "./left-out.ts";
import { nodeLoad } from "./load.ts";
import { type OutlierOptions, type Outliers, outliers } from "./outliers.ts";
import { type Pool, pool } from "./pool.ts";
import { roundRobin } from "./round-robin.ts";
import type { Candidate, Filter, Next, SelectOptions, Selector, SelectorStats, Strategy } from "./selector.ts";

export interface RegistrySelectorOptions {
  /** Where services are looked up, through a cache that the selector makes and closes. The registry stays its maker's. */
  registry?: Registry;
  /** A cache to look services up in instead; it stays its maker's to close. */
  cache?: RegistryCache;
  /** The order of nodes for calls that ask for none. @default roundRobin */
  strategy?: Strategy;
  /** How long a node is left out at most after its first failure, in milliseconds; doubles with each failed trial. @default 1000 */
  outageBaseMs?: number;
  /** How long a node is left out at most, in milliseconds. @default 30000 */
  outageMaxMs?: number;
  /** How long a trial of a node that was left out may go unanswered before there is another, in milliseconds. @default 10000 */
  trialMs?: number;
  /** When nodes that answer, but do far worse than the others, are left out too; `{}` for the defaults. @default never */
  outliers?: OutlierOptions;
  clock?: Clock;
  logger?: Logger;
  /** Spreads the time that nodes are left out; gives a number in [0, 1). @default Math.random */
  random?: () => number;
}

/**
 * Selects nodes that a registry knows. A node that could not be reached is left out for one second, then, when a
 * single trial fails too, for two, four and so on (between half and all of that, by chance), until it is reached. When
 * all nodes are left out, the one that failed the longest ago is given all the same: a guess is better than no call.
 */
export function registrySelector(options: RegistrySelectorOptions): Selector {
  const { clock, logger, strategy, outageBaseMs, outageMaxMs, trialMs, random } = { ...defaults, ...options };
  const cache = options.cache ?? registryCache(registryOf(options), { clock, logger });
  // Kept as long as the cache keeps the nodes, so that services nobody asks for any more leave nothing behind.
  const services = new WeakMap<NodeTable, Service>();
  const load = nodeLoad();
  const notes = sparingly({ clock, write: (line) => logger.warn(line) });
  const counts = { outages: 0, ejections: 0 };
  let closed = false;

  function serviceOf(table: NodeTable): Service {
    let service = services.get(table);
    if (!service) {
      const outage = { baseMs: outageBaseMs, maxMs: outageMaxMs };
      const reachable = health({ clock, outage, trialMs, random });
      const outlying = options.outliers && outliers(options.outliers, { clock, random, trialMs });
      const usable = outlying ? leftOut(reachable, outlying.ejections) : reachable;
      service = { health: reachable, outlying, usable, all: pool(table, usable, [], load), filtered: new WeakMap() };
      services.set(table, service);
    }
    return service;
  }

  function poolOf(table: NodeTable, filters: readonly Filter[] | undefined): Pool {
    const { usable, all, filtered } = serviceOf(table);
    if (filters === undefined || filters.length === 0) return all;
    let known = filtered.get(filters);
    if (!known) {
      known = pool(table, usable, filters, load);
      filtered.set(filters, known);
    }
    return known;
  }

  function nextOf(name: string, table: NodeTable, { filters, strategy: own = strategy, apart }: SelectOptions): Next {
    const candidates = poolOf(table, filters);
    const chooser = candidates.chooser(own);
    const elsewhere = apart && apart.size > 0 ? [...apart] : undefined;
    let first: Candidate | undefined;
    let tried = elsewhere && new Set(elsewhere);
    return () => {
      // Most calls need one attempt, so what was tried is written down only from the second on.
      if (first && !tried) tried = new Set([first.node.id]);
      let candidate = candidates.choose(chooser, tried);
      if (!candidate && tried) {
        tried = elsewhere && new Set(elsewhere);
        candidate = candidates.choose(chooser, tried);
      }
      if (!candidate) throw elsewhere ? noneApart(name) : noneLeft(name, table);
      if (tried) tried.add(candidate.node.id);
      else first = candidate;
      apart?.add(candidate.node.id);
      return candidate;
    };
  }

  function leftOutNow(why: keyof SelectorStats, { node, record }: Candidate, how: string): void {
    counts[why]++;
    notes.say(
      `${why} ${record.name}`,
      `node ${node.id} of ${record.name} at ${node.address} is left out for now: it ${how}`,
    );
  }

  function settle(name: string, table: NodeTable, selection: SelectOptions): Next | Promise<Next> {
    if (table.nodes.length > 0) return nextOf(name, table, selection);
    return Promise.reject(notFound(id, `service ${name} not found in registry ${cache.name}`));
  }

  return {
    select(name, selection = {}) {
      if (closed) return Promise.reject(unavailable(id, "the selector is closed"));
      const table = cache.get(name);
      return table instanceof Promise
        ? table.then((found) => settle(name, found, selection))
        : settle(name, table, selection);
    },
    mark(candidate, outcome) {
      const { node, record } = candidate;
      const table = cache.peek(record.name);
      const service = table && services.get(table);
      if (!service) return;
      const { health: reachable } = service;
      const wasOut = reachable.size > 0 && reachable.isOut(node.id);
      if (outcome === "reached") {
        reachable.reached(node.id);
        if (wasOut) logger.info(`node ${node.id} of ${record.name} at ${node.address} is reached again`);
      } else if (table.get(node.id)?.node.address === node.address) {
        reachable.failed(node.id, node.address);
        if (!wasOut) leftOutNow("outages", candidate, "could not be reached");
      }
    },
    began: load.began,
    ended(candidate, error) {
      load.ended(candidate);
      if (!options.outliers) return;
      const { node, record } = candidate;
      const table = cache.peek(record.name);
      const service = table && services.get(table);
      if (!service || (error && table.get(node.id)?.node.address !== node.address)) return;
      const { outlying } = service;
      if (!outlying) return;
      const before = outlying.ejections.size;
      outlying.ended(node.id, node.address, error, table.nodes.length - service.health.size);
      if (outlying.ejections.size > before) leftOutNow("ejections", candidate, "does far worse than the others");
    },
    *known() {
      for (const service of cache.services()) {
        const status = cache.status(service);
        if (status) yield [service, status];
      }
    },
    stats: () => ({ ...counts }),
    ...closeable(
      closeOnce(async () => {
        closed = true;
        notes.close();
        if (!options.cache) await cache.close();
      }),
    ),
  };
}

const defaults = {
  strategy: roundRobin,
  outageBaseMs: 1_000,
  outageMaxMs: 30_000,
  trialMs: 10_000,
  clock: systemClock,
  logger: silentLogger,
  random: () => Math.random(),
} satisfies RegistrySelectorOptions;

/** Errors carry the id that go-micro's client gives them. */
const id = "go.micro.client";

/** What is remembered of one service. */
interface Service {
  readonly health: Health;
  readonly outlying: Outliers | undefined;
  /** The health of nodes, and who among them does far worse than the others. */
  readonly usable: Health;
  /** Calls without filters. */
  readonly all: Pool;
  /** Calls with filters, by the identity of their list. */
  readonly filtered: WeakMap<readonly Filter[], Pool>;
}

function registryOf({ registry }: RegistrySelectorOptions): Registry {
  if (registry) return registry;
  throw new TypeError("registrySelector needs a registry or a cache to look services up in");
}

function noneApart(name: string): MicroError {
  const detail = `service ${name} has no other node to call: each that the call may use is being tried already`;
  return unavailable(id, detail, { unprocessed: true });
}

function noneLeft(name: string, table: NodeTable): MicroError {
  const count = table.nodes.length;
  const why = count === 0 ? "the last one has just gone" : `the call's filters accept none of its ${count} nodes`;
  return unavailable(id, `service ${name} has no node to call: ${why}`, { unprocessed: true });
}
