const done = { done: true, value: undefined } as const;

/** Messages that have arrived and wait for their reader. */
export interface Inbox {
  push(body: Uint8Array): void;
  /** No more will come; the reader is thrown `reason` after the messages there are. */
  end(reason?: unknown): void;
  next(): Promise<IteratorResult<Uint8Array>>;
  /** Forgets what waits; the reader is told it has read all. */
  clear(): void;
}

/** `onTaken` is called for each message that was read. */
export function inbox(onTaken: () => void): Inbox {
  let waiting: Uint8Array[] = [];
  let ended: { reason: unknown } | undefined;
  let reader: (() => void) | undefined;

  function wake(): void {
    reader?.();
    reader = undefined;
  }

  return {
    push(body) {
      if (ended) return;
      waiting.push(body);
      wake();
    },
    end(reason) {
      ended ??= { reason };
      wake();
    },
    async next() {
      for (;;) {
        const message = waiting.shift();
        if (message) {
          onTaken();
          return { done: false, value: message };
        }
        if (ended) {
          const { reason } = ended;
          ended = { reason: undefined };
          if (reason !== undefined) throw reason;
          return done;
        }
        await new Promise<void>((resolve) => {
          reader = resolve;
        });
      }
    },
    clear() {
      waiting = [];
      ended = { reason: undefined };
      wake();
    },
  };
}

/** How many messages may be under way that their reader has not taken. */
export interface Window {
  /** Resolves when another message may be sent. */
  room(): Promise<void> | undefined;
  sent(): void;
  taken(): void;
  /** Holds nobody up any more. */
  open(): void;
}

export function sendWindow(size = 16): Window {
  let underWay = 0;
  let opened = false;
  let waiter: (() => void) | undefined;
  const release = (): void => {
    waiter?.();
    waiter = undefined;
  };
  return {
    room() {
      if (opened || underWay < size) return undefined;
      return new Promise((resolve) => {
        waiter = resolve;
      });
    },
    sent: () => void underWay++,
    taken() {
      underWay--;
      release();
    },
    open() {
      opened = true;
      release();
    },
  };
}
