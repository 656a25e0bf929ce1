import { type Candidate, type Clock, MicroError, type Next, type SelectOptions, type Selector } from "@micro/core";
import type { Fault } from "./bite.ts";

/** What is wrong with a selector: some of its methods, each wrong on purpose. */
export interface SelectorFault extends Fault {
  readonly breaks: (sound: Selector, clock: Clock) => Partial<Selector>;
}

/** `sound` with one fault. */
export function faultySelector(sound: Selector, clock: Clock, { breaks }: SelectorFault): Selector {
  return { ...sound, ...breaks(sound, clock) };
}

/** One at least for every case. */
export const selectorFaults: readonly SelectorFault[] = [
  {
    does: "answers 500 for a service that nobody offers",
    breaks: (sound) => ({
      async select(service, options) {
        try {
          return await sound.select(service, options);
        } catch {
          throw new MicroError("go.micro.client", 500, `service ${service} not found`);
        }
      },
    }),
    failing: ["rejects with 404, naming the service, when nobody offers it"],
  },
  {
    does: "does not say which service it did not find",
    breaks: (sound) => ({
      async select(service, options) {
        try {
          return await sound.select(service, options);
        } catch {
          throw new MicroError("go.micro.client", 404, "not found");
        }
      },
    }),
    failing: ["rejects with 404, naming the service, when nobody offers it"],
  },
  {
    does: "remembers for ever what was unknown once",
    breaks(sound) {
      const unknown = new Set<string>();
      return {
        async select(service, options) {
          if (unknown.has(service)) throw new MicroError("go.micro.client", 404, `service ${service} not found`);
          return await Promise.resolve(sound.select(service, options)).catch((reason) => {
            unknown.add(service);
            throw reason;
          });
        },
      };
    },
    failing: ["finds a service that came after it was asked for in vain"],
  },
  {
    does: "gives addresses without what is known of them",
    breaks: (sound) => ({
      select: changed(sound, (next) => () => {
        const { node, record } = next();
        return { node: { ...node, metadata: {} }, record: { ...record, version: "" } };
      }),
    }),
    failing: ["gives a node as it was registered, with its record"],
  },
  {
    does: "answers with a promise each time",
    breaks: (sound) => ({ select: async (service, options) => sound.select(service, options) }),
    failing: ["answers without a promise once it knows the service"],
  },
  {
    does: "gives one node for the whole call",
    breaks: (sound) => ({
      select: changed(sound, (next) => {
        let chosen: Candidate | undefined;
        return () => {
          chosen ??= next();
          return chosen;
        };
      }),
    }),
    failing: ["gives each node once within a call before it gives one again"],
  },
  {
    does: "begins each call with the same node",
    breaks: (sound) => ({
      select: (service, options) =>
        sound.select(service, {
          strategy:
            () =>
            ([first]) =>
              first ?? sureOf(first),
          ...options,
        }),
    }),
    failing: ["gives each node its share of the calls"],
  },
  {
    does: "keeps the nodes that it found first",
    breaks(sound) {
      const found = new Map<string, Candidate[]>();
      return {
        async select(service) {
          const next = await sound.select(service);
          const known = found.get(service) ?? distinct(next);
          found.set(service, known);
          let turn = 0;
          return () => sureOf(known[turn++ % known.length]);
        },
      };
    },
    failing: ["gives nodes that came and none that went"],
  },
  {
    does: "ignores filters",
    breaks: (sound) => ({
      select: (service, { strategy } = {}) => sound.select(service, strategy ? { strategy } : {}),
    }),
    failing: ["gives only nodes that all filters accept", "throws 503 when filters accept no node"],
  },
  {
    does: "uses only the first filter",
    breaks: (sound) => ({
      select: (service, options = {}) =>
        sound.select(service, { ...options, ...(options.filters && { filters: options.filters.slice(0, 1) }) }),
    }),
    failing: ["gives only nodes that all filters accept"],
  },
  {
    does: "filters the nodes that it found first",
    breaks(sound) {
      const accepted = new WeakMap<object, Candidate[]>();
      return {
        async select(service, options) {
          const next = await sound.select(service, options);
          if (!options?.filters) return next;
          const known = accepted.get(options.filters) ?? distinct(next);
          accepted.set(options.filters, known);
          let turn = 0;
          return () => sureOf(known[turn++ % known.length]);
        },
      };
    },
    failing: ["applies the same filters to nodes that came later"],
  },
  {
    does: "ignores the call's strategy",
    breaks: (sound) => ({ select: (service, { filters } = {}) => sound.select(service, filters ? { filters } : {}) }),
    failing: ["makes a call's strategy once for a service and asks it for each attempt, with the nodes that are left"],
  },
  {
    does: "makes the strategy anew for each call",
    breaks: (sound) => ({
      select: (service, options = {}) => {
        const { strategy } = options;
        return sound.select(service, strategy ? { ...options, strategy: () => strategy() } : options);
      },
    }),
    failing: ["makes a call's strategy once for a service and asks it for each attempt, with the nodes that are left"],
  },
  {
    does: "does not care for failures",
    breaks: () => ({ mark: () => undefined }),
    failing: [
      "leaves a node out that could not be reached",
      "tries a node again after a while, with one call, and brings it back when that reached it",
      "brings a node back at once when it was reached",
    ],
  },
  {
    does: "never brings a node back",
    breaks: (sound) => ({ mark: (candidate, outcome) => outcome === "failed" && sound.mark(candidate, outcome) }),
    failing: [
      "tries a node again after a while, with one call, and brings it back when that reached it",
      "brings a node back at once when it was reached",
    ],
  },
  {
    does: "lets every call at a node again after a while",
    breaks(sound, clock) {
      const failed = new Map<Candidate, number>();
      return {
        mark(candidate, outcome) {
          if (outcome === "failed") failed.set(candidate, clock.now());
          sound.mark(candidate, outcome);
        },
        select(service, options) {
          for (const [candidate, since] of failed) if (clock.now() - since >= 1_000) sound.mark(candidate, "reached");
          return sound.select(service, options);
        },
      };
    },
    failing: ["tries a node again after a while, with one call, and brings it back when that reached it"],
  },
  {
    does: "gives nobody when all nodes failed",
    breaks(sound) {
      let failures = 0;
      return {
        mark(candidate, outcome) {
          failures++;
          sound.mark(candidate, outcome);
        },
        select: changed(sound, (next) => () => {
          if (failures >= 3) throw new MicroError("go.micro.client", 503, "no node left");
          return next();
        }),
      };
    },
    failing: ["goes on giving nodes when none could be reached"],
  },
  {
    does: "throws when it is told of a node it does not know",
    breaks(sound) {
      const known = new Set<string>();
      return {
        select: changed(sound, (next) => () => {
          const candidate = next();
          known.add(candidate.node.id);
          return candidate;
        }),
        mark(candidate, outcome) {
          if (!known.has(candidate.node.id)) throw new Error(`unknown node ${candidate.node.id}`);
          sound.mark(candidate, outcome);
        },
      };
    },
    failing: ["takes no notice of marks for what it does not know"],
  },
  {
    does: "closes nothing",
    breaks: () => ({ close: async () => undefined }),
    failing: ["rejects with 503 when it is closed, and closes twice"],
  },
];

function changed(sound: Selector, change: (next: Next) => Next): Selector["select"] {
  return (service: string, options?: SelectOptions) => {
    const next = sound.select(service, options);
    return next instanceof Promise ? next.then(change) : change(next);
  };
}

/** All nodes there are, once each. */
function distinct(next: Next): Candidate[] {
  const found = new Map<string, Candidate>();
  for (let candidate = next(); !found.has(candidate.node.id); candidate = next())
    found.set(candidate.node.id, candidate);
  return [...found.values()];
}

function sureOf(candidate: Candidate | undefined): Candidate {
  if (!candidate) throw new Error("there is no node");
  return candidate;
}
