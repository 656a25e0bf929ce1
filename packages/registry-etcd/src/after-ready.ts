/**
 * The same iterator, whose first step waits for `ready`. It may be left while it waits: an async generator could not
 * be, since its `return` queues behind a `next` that is still going on.
 */
export function afterReady<T>(ready: () => Promise<void>, inner: AsyncIterator<T>): AsyncIterator<T> {
  let readying: Promise<void> | undefined;
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return {
    async next() {
      readying ??= Promise.race([ready(), left]);
      await readying;
      return await inner.next();
    },
    async return() {
      const result = await inner.return?.();
      leave();
      return result ?? { done: true, value: undefined };
    },
  };
}
