/**
 * A list between one writer and one reader that holds `limit` messages: who writes more waits for the reader.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #waiting: T[] = [];
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room for another; false when nobody reads any more. */
  async send(value: T): Promise<boolean> {
    if (this.#ended) return false;
    this.#waiting.push(value);
    this.#wakeReader?.();
    while (this.#waiting.length >= this.#limit && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
    return !this.#ended;
  }

  /** No more will come; what is there is still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Reading throws this from now on, `now` before what is there has been read. The first failure stays. */
  fail(failure: unknown, now: boolean): void {
    if (now) this.#waiting.length = 0;
    else if (this.#ended) return;
    this.#ended = true;
    this.#failure ??= { reason: failure };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.#waiting.length > 0) {
          const value = this.#waiting.shift() as T;
          this.#wakeWriter?.();
          yield value;
        }
        if (this.#failure) throw this.#failure.reason;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    } finally {
      this.end();
    }
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}
