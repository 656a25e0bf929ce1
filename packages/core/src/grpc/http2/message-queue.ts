import { MicroError } from "../../words/errors.ts";

/** Messages that arrived, waiting to be read by one reader. What is not read yet counts against the peer's window. */
export interface MessageQueue {
  push(message: Buffer, bytes: number): void;
  /** Nothing waits to be read. */
  readonly empty: boolean;
  /** Resolves when nothing waits to be read any more, or nobody will; undefined when that is so. For one at a time. */
  untilRead(): Promise<void> | undefined;
  /** No more will come; an error is thrown after the messages that came before it. Only the first end counts. */
  end(error: unknown): void;
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  /** A message that is there, when nobody waits for one. */
  take(): Uint8Array | undefined;
  /** Forgets what nobody will read, and ends. */
  clear(): void;
}

/** `release` is told how many bytes of the body were spent on a message when it is read. */
export function messageQueue(release: (bytes: number) => void): MessageQueue {
  let queued: { message: Buffer; bytes: number }[] = [];
  let head = 0;
  let ending: { reason: unknown } | undefined;
  let waiting:
    | { resolve(result: IteratorResult<Uint8Array, undefined>): void; reject(reason: unknown): void }
    | undefined;
  let onRead: (() => void) | undefined;
  const done = { done: true, value: undefined } as const;

  function wake(): void {
    const woken = onRead;
    onRead = undefined;
    woken?.();
  }

  function finish(reason: unknown): void {
    ending = { reason };
    wake();
    const waiter = waiting;
    waiting = undefined;
    if (!waiter) return;
    ending = { reason: undefined }; // thrown once, then it is over
    if (reason === undefined) waiter.resolve(done);
    else waiter.reject(reason);
  }

  function take(): Uint8Array | undefined {
    const next = queued[head];
    if (!next) return undefined;
    head++;
    if (head === queued.length) {
      queued = [];
      head = 0;
      wake();
    }
    release(next.bytes);
    return next.message;
  }

  return {
    get empty() {
      return queued.length === 0;
    },
    untilRead() {
      if (queued.length === 0 || ending) return undefined;
      return new Promise((resolve) => {
        onRead = resolve;
      });
    },
    push(message, bytes) {
      if (!waiting) {
        queued.push({ message, bytes });
        return;
      }
      const { resolve } = waiting;
      waiting = undefined;
      resolve({ done: false, value: message });
      release(bytes);
    },
    end(error) {
      if (!ending) finish(error);
    },
    take,
    next() {
      const message = take();
      if (message) return Promise.resolve({ done: false, value: message });
      if (ending) {
        const { reason } = ending;
        ending = { reason: undefined };
        return reason === undefined ? Promise.resolve(done) : Promise.reject(reason);
      }
      if (waiting) return Promise.reject(new MicroError("go.micro", 500, "a stream is read by one reader at a time"));
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    clear() {
      queued = [];
      head = 0;
      if (!ending) finish(undefined);
      ending = { reason: undefined };
    },
  };
}
