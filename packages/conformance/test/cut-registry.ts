import type { Registry, RegistryEvent, WatchOptions } from "@micro/core";

/** A connection to registries of this process, which have none, so that there is one to cut. */
export interface Line {
  /** The registry at the end of the line. */
  lay(registry: Registry): Registry;
  cutOff(): Promise<() => Promise<void>>;
}

export function line(): Line {
  const watches = new Set<(inTouch: boolean) => void>();
  const tellAll = (inTouch: boolean): void => {
    for (const tell of watches) tell(inTouch);
  };

  async function* follow(registry: Registry, options: WatchOptions): AsyncGenerator<RegistryEvent> {
    const tell = (inTouch: boolean): void => options.onContact?.(inTouch);
    watches.add(tell);
    try {
      yield* registry.watch(options);
    } finally {
      watches.delete(tell);
    }
  }

  return {
    lay: (registry) => ({
      ...registry,
      watch: (options = {}) => ({ [Symbol.asyncIterator]: () => follow(registry, options) }),
    }),
    async cutOff() {
      tellAll(false);
      return async () => tellAll(true);
    },
  };
}
