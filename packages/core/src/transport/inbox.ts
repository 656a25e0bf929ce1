/** What has arrived and waits to be taken, in order. */
export interface Inbox<T> {
  readonly size: number;
  /** True when the sender is to wait until something was taken. */
  readonly full: boolean;
  /** Adds one. After the end nothing is added. */
  push(item: T): void;
  /** Nothing more comes; with a reason, that is what is thrown after the last. Only the first end counts. */
  end(reason?: unknown): void;
  /** The next one; undefined after a good end. Rejects with the reason of a bad one. One waits at a time. */
  take(): Promise<T | undefined>;
}

export interface InboxOptions<T> {
  /** Bytes that an item takes. */
  bytes(item: T): number;
  /** Called when something was taken and there is room again. */
  onRoom?(): void;
}

const maxItems = 64;
const maxBytes = 256 * 1024;

/** An empty inbox. It is full at 64 items or 256 KiB, whichever comes first; being full refuses nothing. */
export function inbox<T>({ bytes, onRoom }: InboxOptions<T>): Inbox<T> {
  const items: T[] = [];
  let weight = 0;
  let end: { readonly reason: unknown } | undefined;
  let waiting: { resolve(item: T | undefined): void; reject(reason: unknown): void } | undefined;
  const isFull = (): boolean => items.length >= maxItems || weight >= maxBytes;

  return {
    get size() {
      return items.length;
    },
    get full() {
      return isFull();
    },
    push(item) {
      if (end) return;
      if (waiting) {
        const { resolve } = waiting;
        waiting = undefined;
        return resolve(item);
      }
      items.push(item);
      weight += bytes(item);
    },
    end(reason) {
      if (end) return;
      end = { reason };
      if (!waiting) return;
      const { resolve, reject } = waiting;
      waiting = undefined;
      if (reason === undefined) resolve(undefined);
      else reject(reason);
    },
    take() {
      if (items.length > 0) {
        const wasFull = isFull();
        const item = items.shift() as T;
        weight -= bytes(item);
        if (wasFull && !isFull()) onRoom?.();
        return Promise.resolve(item);
      }
      if (end) return end.reason === undefined ? Promise.resolve(undefined) : Promise.reject(end.reason);
      if (waiting) return Promise.reject(new TypeError("one waits for a message at a time"));
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
  };
}
