/** Something that holds resources. `close` may be called twice, or during start; it resolves when all is released. */
export interface Closeable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Runs `release` on the first `close` and shares its outcome with every later one. */
export function closeOnce(release: () => void | Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= (async () => release())();
    return closing;
  };
}

/** The two names of one function that `Closeable` asks for. */
export function closeable(close: () => Promise<void>): Closeable {
  return { close, [Symbol.asyncDispose]: close };
}

export interface CloseStack extends Closeable {
  /** Remembers `part`, to be closed before everything remembered so far; gives it back. */
  use<T extends { close(): Promise<void> }>(part: T): T;
  /** Remembers a function in the same way. */
  defer(release: () => void | Promise<void>): void;
}

/** Closes last in, first out. All are closed even when some fail; the failures come back together. */
export function closeStack(): CloseStack {
  const releases: (() => void | Promise<void>)[] = [];
  const close = closeOnce(async () => {
    const failures: unknown[] = [];
    for (let release = releases.pop(); release; release = releases.pop()) {
      try {
        await release();
      } catch (reason) {
        failures.push(reason);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts failed to close`);
  });
  return {
    use(part) {
      releases.push(() => part.close());
      return part;
    },
    defer: (release) => void releases.push(release),
    ...closeable(close),
  };
}
