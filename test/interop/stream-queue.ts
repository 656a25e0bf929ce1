/** Messages for a call that are made as the test goes on. */
export interface RequestQueue {
  readonly all: AsyncIterable<unknown>;
  /** Resolves when the call has taken the message, with false when it will take none. */
  send(message: unknown): Promise<boolean>;
  end(): void;
}

export function requestQueue(): RequestQueue {
  const waiting: { readonly message: unknown; taken(isTaken: boolean): void }[] = [];
  let over = false;
  let wake = (): void => undefined;

  function end(): void {
    over = true;
    wake();
  }

  function leave(): void {
    end();
    for (const { taken } of waiting.splice(0)) taken(false);
  }

  async function* iterate(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          next.taken(true);
          yield next.message;
        } else if (over) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      leave();
    }
  }

  return {
    all: { [Symbol.asyncIterator]: iterate },
    send: (message) =>
      new Promise((resolve) => {
        if (over) return resolve(false);
        waiting.push({ message, taken: resolve });
        wake();
      }),
    end,
  };
}
