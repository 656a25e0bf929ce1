import type { Registry, RegistryEvent, ServiceRecord, WatchOptions } from "@micro/core";
import type { Fault } from "./bite.ts";

/** What is wrong with a registry: some of its methods, each wrong on purpose. */
export interface RegistryFault extends Fault {
  readonly breaks: (sound: Registry) => Partial<Registry>;
}

/** `sound` with one fault. */
export function faultyRegistry(sound: Registry, { breaks }: RegistryFault): Registry {
  const broken = { ...sound, ...breaks(sound) };
  return { ...broken, [Symbol.asyncDispose]: () => broken.close() };
}

/** One at least for every case. */
export const registryFaults: readonly RegistryFault[] = [
  {
    does: "keeps everything to itself",
    breaks: () => ({ register: async () => undefined }),
    failing: [
      "gives a registered record back to another registry",
      "begins a watch with all that is registered",
      "leaves another registry on the backend alone when it is closed",
      "takes service names with odd characters",
    ],
  },
  {
    does: "gives an unknown service as a record without nodes",
    breaks: (sound) => ({
      async getService(name) {
        const records = await sound.getService(name);
        return records.length > 0 ? records : [{ name, version: "", metadata: {}, endpoints: [], nodes: [] }];
      },
    }),
    failing: ["knows nothing of a service that nobody registered", "forgets a service with its last node"],
  },
  {
    does: "rejects for an unknown service",
    breaks: (sound) => ({
      async getService(name) {
        const records = await sound.getService(name);
        if (records.length === 0) throw new Error("service not found");
        return records;
      },
    }),
    failing: ["knows nothing of a service that nobody registered"],
  },
  {
    does: "gives one record for each node",
    breaks: (sound) => ({
      getService: async (name) => (await sound.getService(name)).flatMap(oneNodeEach),
      listServices: async () => (await sound.listServices()).flatMap(oneNodeEach),
    }),
    failing: [
      "merges the nodes of one version into one record",
      "lists one record for each name and version, with its nodes",
    ],
  },
  {
    does: "merges nodes of all versions",
    breaks: (sound) => ({
      async getService(name) {
        const [first, ...others] = await sound.getService(name);
        return first ? [{ ...first, nodes: [first, ...others].flatMap((record) => record.nodes) }] : [];
      },
    }),
    failing: ["gives one record for each version"],
  },
  {
    does: "keeps a node again each time it is registered",
    breaks(sound) {
      const registered: ServiceRecord[] = [];
      return {
        async register(record, options) {
          registered.push(record);
          await sound.register(record, options);
        },
        async getService(name) {
          const nodes = registered.filter((record) => record.name === name).flatMap((record) => record.nodes);
          return (await sound.getService(name)).map((record) => ({ ...record, nodes }));
        },
      };
    },
    failing: ["keeps a node once however often it is registered"],
  },
  {
    does: "ignores a node that it has already",
    breaks(sound) {
      const known = new Set<string>();
      return {
        async register(record, options) {
          const fresh = record.nodes.filter((node) => !known.has(node.id));
          for (const node of fresh) known.add(node.id);
          if (fresh.length > 0) await sound.register({ ...record, nodes: fresh }, options);
        },
      };
    },
    failing: [
      "replaces a node's address and metadata when it is registered with others",
      "keeps a node that is renewed in time",
      "tells a reader that was slow everything in order",
    ],
  },
  {
    does: "forgets which node to deregister",
    breaks: (sound) => ({
      deregister: async ({ name }) => {
        for (const record of await sound.getService(name)) await sound.deregister(record);
      },
    }),
    failing: [
      "removes only the node that is deregistered",
      "names only the node concerned when one of several changes",
      "tells of many nodes that are registered at once",
    ],
  },
  {
    does: "rejects when it is to remove what is not there",
    breaks: (sound) => ({
      async deregister(record) {
        if ((await sound.getService(record.name)).length === 0) throw new Error("no such node");
        await sound.deregister(record);
      },
    }),
    failing: ["deregisters what is not there without an error"],
  },
  {
    does: "lists services in any order",
    breaks: (sound) => ({ listServices: async () => [...(await sound.listServices())].reverse() }),
    failing: ["lists services ordered by name"],
  },
  {
    does: "takes what stands before a slash for the whole name",
    breaks: (sound) => ({
      register: (record, options) => sound.register({ ...record, name: record.name.replace(/\/.*/, "") }, options),
    }),
    failing: ["takes service names with odd characters"],
  },
  {
    does: "looks for names that begin with the one asked for",
    breaks: (sound) => ({
      getService: async (name) => (await sound.listServices()).filter((record) => record.name.startsWith(name)),
      watch: (options = {}) =>
        through(sound, without("service", options), (events) =>
          events.flatMap((event) => only(event, (record) => record.name.startsWith(options.service ?? ""))),
        ),
    }),
    failing: [
      "does not take one service for another whose name begins the same",
      "tells a watch of one service nothing of others",
    ],
  },
  {
    does: "keeps Latin-1 only",
    breaks: (sound) => ({
      register: (record, options) => sound.register(JSON.parse(latin1(JSON.stringify(record))), options),
    }),
    failing: ["keeps every character of metadata"],
  },
  {
    does: "hands out the caller's own objects",
    breaks(sound) {
      const own = new Map<string, ServiceRecord>();
      return {
        async register(record, options) {
          own.set(record.name, record);
          await sound.register(record, options);
        },
        getService: async (name) => [own.get(name)].filter((record) => record !== undefined),
      };
    },
    failing: ["keeps what was registered when the caller changes its object afterwards"],
  },
  {
    does: "begins a watch without a sync",
    breaks: (sound) => ({
      watch: (options) => through(sound, options, (events) => events.filter((event) => event.type !== "sync")),
    }),
    failing: [
      "begins a watch with all that is registered",
      "begins a watch of an unknown service with an empty sync",
      "gives each iteration of one watch a sync of its own",
    ],
  },
  {
    does: "begins a watch with an empty sync whatever there is",
    breaks: (sound) => ({
      watch: (options) =>
        through(sound, options, (events) =>
          events.map((event) => (event.type === "sync" ? { ...event, records: [] } : event)),
        ),
    }),
    failing: ["begins a watch with all that is registered"],
  },
  {
    does: "calls every change an update",
    breaks: (sound) => ({
      watch: (options) =>
        through(sound, options, (events) =>
          events.map((event) => (event.type === "create" ? { ...event, type: "update" } : event)),
        ),
    }),
    failing: ["tells of a node that comes, changes and goes as create, update and delete"],
  },
  {
    does: "tells of the whole service when one node changes",
    breaks: (sound) => ({
      async *watch(options) {
        for await (const event of sound.watch(options)) {
          const [now] = event.type === "sync" ? [] : await sound.getService(event.record.name);
          const isDelete = event.type === "delete";
          yield now && isDelete
            ? { ...event, record: { ...now, nodes: [...now.nodes, ...event.record.nodes] } }
            : event;
        }
      },
    }),
    failing: ["names only the node concerned when one of several changes"],
  },
  {
    does: "deals each change to only one of its watches",
    breaks(sound) {
      const taken = new Set<unknown>();
      return {
        watch: (options) =>
          through(sound, options, (events) =>
            events.filter((event) => {
              if (event.type === "sync") return true;
              const mine = !taken.has(event.record);
              taken.add(event.record);
              return mine;
            }),
          ),
      };
    },
    failing: ["tells two watches the same, and one goes on when the other ends"],
  },
  {
    does: "gives one iterator to all who iterate",
    breaks: (sound) => ({
      watch(options) {
        const one = sound.watch(options)[Symbol.asyncIterator]();
        return { [Symbol.asyncIterator]: () => one };
      },
    }),
    failing: ["gives each iteration of one watch a sync of its own"],
  },
  {
    does: "listens only after it has read what there is",
    breaks: (sound) => ({
      async *watch(options = {}) {
        const { service } = options;
        const records = service === undefined ? await sound.listServices() : await sound.getService(service);
        yield { type: "sync", records };
        let syncs = 0;
        for await (const event of sound.watch(options)) if (event.type !== "sync" || syncs++ > 0) yield event;
      },
    }),
    failing: [
      "loses nothing between the sync and the changes",
      "does not bring back a node that is removed while a watch begins",
    ],
  },
  {
    does: "drops what comes after the hundredth change",
    breaks: (sound) => ({
      watch(options) {
        let count = 0;
        return through(sound, options, (events) => events.filter(() => count++ < 100));
      },
    }),
    failing: ["tells of many nodes that are registered at once"],
  },
  {
    does: "gives a slow reader the latest first",
    breaks: (sound) => ({ watch: (options) => latestFirst(sound.watch(options)) }),
    failing: ["tells a reader that was slow everything in order"],
  },
  {
    does: "drops the time to live",
    breaks: (sound) => ({ register: (record) => sound.register(record) }),
    failing: [
      "removes a node that is not renewed within its time to live, and tells watches",
      "removes the nodes of a process that died after their time to live, and tells watches",
    ],
  },
  {
    does: "says nothing when a time to live ends",
    breaks(sound) {
      const deregistered = new Set<string>();
      return {
        async deregister(record) {
          for (const node of record.nodes) deregistered.add(node.id);
          await sound.deregister(record);
        },
        watch: (options) =>
          through(sound, options, (events) =>
            events.filter((event) => event.type !== "delete" || deregistered.has(event.record.nodes[0]?.id ?? "")),
          ),
      };
    },
    failing: [
      "removes a node that is not renewed within its time to live, and tells watches",
      "removes the nodes of a process that died after their time to live, and tells watches",
    ],
  },
  {
    does: "gives every node the time to live that it had first",
    breaks(sound) {
      const firsts = new Map<string, number | undefined>();
      return {
        register(record, options) {
          if (!firsts.has(record.name)) firsts.set(record.name, options?.ttlMs);
          const ttlMs = firsts.get(record.name);
          return sound.register(record, ttlMs === undefined ? {} : { ttlMs });
        },
      };
    },
    failing: ["lets a node registered again live as long as it says the last time"],
  },
  {
    does: "renews what was deregistered",
    breaks: (sound) => ({
      async deregister(record) {
        await sound.deregister(record);
        queueMicrotask(() => void sound.register(record));
      },
    }),
    failing: ["does not bring a deregistered node back when its time to live would have been renewed"],
  },
  {
    does: "does not listen to signals",
    breaks: (sound) => ({ watch: (options = {}) => sound.watch(without("signal", options)) }),
    failing: [
      "ends a watch without an error when its signal is aborted",
      "ends a watch at once when its signal was aborted before",
    ],
  },
  {
    does: "ends a watch with the signal's reason as an error",
    breaks: (sound) => ({
      async *watch(options) {
        yield* sound.watch(options);
        options?.signal?.throwIfAborted();
      },
    }),
    failing: [
      "ends a watch without an error when its signal is aborted",
      "ends a watch at once when its signal was aborted before",
    ],
  },
  {
    does: "never lets a reader go",
    breaks: (sound) => ({
      watch: (options) => ({
        [Symbol.asyncIterator]: () => ({
          ...sound.watch(options)[Symbol.asyncIterator](),
          return: () => new Promise<never>(() => undefined),
        }),
      }),
    }),
    failing: ["ends a watch when its reader leaves the loop"],
  },
  {
    does: "closes nothing",
    breaks: () => ({ close: async () => undefined }),
    failing: ["ends its watches without an error when it is closed", "rejects every method with 503 when it is closed"],
  },
  {
    does: "goes on watching after it is closed",
    breaks: (sound) => ({
      watch: (options) => ({
        async *[Symbol.asyncIterator]() {
          yield* sound.watch(options);
          yield { type: "sync", records: [] };
        },
      }),
      listServices: () => sound.listServices(),
      getService: async () => [],
    }),
    failing: ["rejects every method with 503 when it is closed"],
  },
  {
    does: "closes only once",
    breaks(sound) {
      let closed = false;
      return {
        async close() {
          if (closed) throw new Error("closed already");
          closed = true;
          await sound.close();
        },
      };
    },
    failing: ["closes twice, at once and before it was used"],
  },
  {
    does: "does not say that it lost touch",
    breaks: (sound) => ({ watch: (options = {}) => sound.watch(without("onContact", options)) }),
    failing: ["tells a watch once when it loses touch with the backend and once when it is in touch again"],
  },
  {
    does: "says that it lost touch, and never that it is in touch again",
    breaks: (sound) => ({
      watch: (options = {}) => sound.watch({ ...options, onContact: (now) => now || options.onContact?.(now) }),
    }),
    failing: ["tells a watch once when it loses touch with the backend and once when it is in touch again"],
  },
  {
    does: "says again and again that it lost touch",
    breaks: (sound) => ({
      watch: (options = {}) =>
        sound.watch({
          ...options,
          onContact(now) {
            options.onContact?.(now);
            if (!now) options.onContact?.(now);
          },
        }),
    }),
    failing: ["tells a watch once when it loses touch with the backend and once when it is in touch again"],
  },
  {
    does: "goes on telling a watch that has ended",
    breaks: (sound) => ({
      watch(options = {}) {
        const onContact = (now: boolean): void => {
          if (options.signal?.aborted) options.onContact?.(now);
        };
        void sound.watch({ onContact })[Symbol.asyncIterator]().next();
        return sound.watch(options);
      },
    }),
    failing: ["tells a watch that has ended nothing of lost touch"],
  },
];

function oneNodeEach(record: ServiceRecord): ServiceRecord[] {
  return record.nodes.map((node) => ({ ...record, nodes: [node] }));
}

function without<K extends keyof WatchOptions>(key: K, options: WatchOptions): Omit<WatchOptions, K> {
  const { [key]: _left, ...rest } = options;
  return rest;
}

function only(event: RegistryEvent, keep: (record: ServiceRecord) => boolean): RegistryEvent[] {
  if (event.type === "sync") return [{ ...event, records: event.records.filter(keep) }];
  return keep(event.record) ? [event] : [];
}

function latin1(text: string): string {
  return text.replace(/[^\0-\xff]/gu, "?");
}

async function* through(
  sound: Registry,
  options: WatchOptions | undefined,
  change: (events: RegistryEvent[]) => RegistryEvent[],
): AsyncIterable<RegistryEvent> {
  for await (const event of sound.watch(options)) yield* change([event]);
}

/** Reads ahead, and gives what was read last first. */
async function* latestFirst(events: AsyncIterable<RegistryEvent>): AsyncIterable<RegistryEvent> {
  const read: RegistryEvent[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const reading = (async () => {
    for await (const event of events) {
      read.push(event);
      wake();
    }
    ended = true;
    wake();
  })();
  for (;;) {
    const latest = read.pop();
    if (latest) yield latest;
    else if (ended) break;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  await reading;
}
