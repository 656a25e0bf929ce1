import type { Registry } from "../registry/registry.ts";
import { unavailable } from "../words/errors.ts";
import { closeable, closeOnce } from "../words/lifecycle.ts";

export interface LazyRegistry extends Registry {
  /** Opens it now; rejects as the plugin does, with a `ConfigError` for a mistake in its settings. */
  open(): Promise<void>;
}

/** A registry that is opened by its first use, since plugins load their libraries then. */
export function lazyRegistry(name: string, open: () => Registry | Promise<Registry>): LazyRegistry {
  let opening: Promise<Registry> | undefined;
  let closed = false;
  function opened(): Promise<Registry> {
    if (closed) return Promise.reject(unavailable("go.micro.registry", `registry ${name} is closed`));
    opening ??= (async () => open())();
    return opening;
  }
  const close = closeOnce(async () => {
    closed = true;
    // One that failed to open was never there to be closed; its opener has been told.
    const registry = await opening?.catch(() => undefined);
    await registry?.close();
  });
  return {
    name,
    open: async () => void (await opened()),
    register: async (record, options) => (await opened()).register(record, options),
    deregister: async (record) => (await opened()).deregister(record),
    getService: async (service) => (await opened()).getService(service),
    listServices: async () => (await opened()).listServices(),
    watch: (options) => ({ [Symbol.asyncIterator]: () => whenOpen(async () => (await opened()).watch(options)) }),
    ...closeable(close),
  };
}

/** Iterates over what `open` gives. Not a generator, since leaving one waits for the event that it waits for. */
function whenOpen<T>(open: () => Promise<AsyncIterable<T>>): AsyncIterator<T> {
  let opening: Promise<AsyncIterator<T>> | undefined;
  const iterator = (): Promise<AsyncIterator<T>> => {
    opening ??= open().then((events) => events[Symbol.asyncIterator]());
    return opening;
  };
  return {
    next: async () => (await iterator()).next(),
    async return() {
      if (opening) await (await opening).return?.();
      return { done: true, value: undefined };
    },
  };
}
