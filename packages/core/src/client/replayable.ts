/** The messages of a stream, for more than one attempt at it. */
export interface Replayable extends AsyncIterable<unknown> {
  /** Whether no more than the first message was taken, so that another iteration gives all. */
  canReplay(): boolean;
  /** Lets the maker of the messages know that no more are wanted. */
  end(): void;
}

/**
 * Messages that can be sent again from the start as long as only the first was taken, which is as far as an attempt
 * gets that never reached its node.
 */
export function replayable(messages: AsyncIterable<unknown>): Replayable {
  let source: AsyncIterator<unknown> | undefined;
  const taken: Promise<IteratorResult<unknown>>[] = [];
  const take = (): Promise<IteratorResult<unknown>> => {
    source ??= messages[Symbol.asyncIterator]();
    return source.next();
  };
  return {
    canReplay: () => taken.length <= 2, // a message and the end, or a second one that nobody has seen yet
    end: () => void source?.return?.().catch(() => undefined), // the call is over; how its messages end changes nothing
    [Symbol.asyncIterator]() {
      let position = 0;
      return {
        next() {
          const known = taken[position];
          if (known) {
            position++;
            return known;
          }
          const next = take();
          if (position < 2) taken.push(next);
          else taken.length = 3; // more was taken than is kept
          position++;
          return next;
        },
      };
    },
  };
}

/** Each value changed. No generator, which would not let go while it waits for one. */
export function mapEach<T, R>(values: AsyncIterable<T>, change: (value: T) => R): AsyncIterable<R> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = values[Symbol.asyncIterator]();
      return {
        async next() {
          const next = await iterator.next();
          return next.done ? { done: true, value: undefined } : { done: false, value: change(next.value) };
        },
      };
    },
  };
}
