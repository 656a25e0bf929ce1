/**
 * Where a service is in its life: not yet listening; taking calls; leaving, with calls still answered until callers
 * have noticed; and ending, when whatever is held open has to let go.
 */
export type ServicePhase = "starting" | "serving" | "draining" | "ending";

export interface ServiceState {
  readonly phase: ServicePhase;
  enter(phase: ServicePhase): void;
  /** Calls `listener` after each change, until the function that it gives back is called. */
  onChange(listener: (phase: ServicePhase) => void): () => void;
}

/** The state of one service, at first `starting`. */
export function serviceState(): ServiceState {
  const listeners = new Set<(phase: ServicePhase) => void>();
  let phase: ServicePhase = "starting";
  return {
    get phase() {
      return phase;
    },
    enter(next) {
      if (next === phase) return;
      phase = next;
      // A copy: a listener may take itself off.
      for (const listener of [...listeners]) listener(next);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * Yields the phase now and then each one entered; of several that pass while the reader is busy only the last. Ends
 * after `ending`, and when `signal` is aborted.
 */
export async function* phases(state: ServiceState, signal: AbortSignal): AsyncGenerator<ServicePhase, void, undefined> {
  let wake = (): void => undefined;
  const onEvent = (): void => wake();
  const forget = state.onChange(onEvent);
  signal.addEventListener("abort", onEvent);
  try {
    let told: ServicePhase | undefined;
    while (!signal.aborted && told !== "ending") {
      const { phase } = state;
      if (phase !== told) {
        told = phase;
        yield phase;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    forget();
    signal.removeEventListener("abort", onEvent);
  }
}

/** A signal that is aborted with `signal`, when the service ends, and by `end`, for what must not hold up the end. */
export function whileServing(state: ServiceState, signal: AbortSignal): { signal: AbortSignal; end(): void } {
  const over = new AbortController();
  const forget = state.onChange((phase) => {
    if (phase === "ending") over.abort();
  });
  if (state.phase === "ending") over.abort();
  return {
    signal: AbortSignal.any([signal, over.signal]),
    end() {
      forget();
      over.abort();
    },
  };
}

/** The messages until they end or the service does, so that a caller who keeps a stream open does not hold up the end. */
export async function* untilEnding<T>(
  state: ServiceState,
  messages: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const iterator = messages[Symbol.asyncIterator]();
  let end = (): void => undefined;
  const forget = state.onChange((phase) => {
    if (phase === "ending") end();
  });
  try {
    while (state.phase !== "ending") {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        end = () => resolve({ done: true, value: undefined });
        iterator.next().then(resolve, reject);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    forget();
  }
}
