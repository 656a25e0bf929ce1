/** Messages that are pushed one by one while others read them. */
export interface Turns<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** No more will come. */
  end(): void;
}

/** A queue with one reader; `onWait` is told each time the reader finds it empty. */
export function turns<T>(onWait: () => void = () => undefined): Turns<T> {
  const values: T[] = [];
  let ended = false;
  let wake = (): void => undefined;
  return {
    push(value) {
      values.push(value);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    [Symbol.asyncIterator]: () => ({
      async next() {
        while (values.length === 0) {
          if (ended) return { done: true, value: undefined };
          const woken = new Promise<void>((resolve) => {
            wake = resolve;
          });
          onWait();
          await woken;
        }
        return { done: false, value: values.shift() as T };
      },
      return() {
        ended = true;
        wake();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}
