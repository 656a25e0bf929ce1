/** Messages that arrive by themselves, read one after another by one reader. */
export interface Inbox<Message> extends AsyncIterable<Message> {
  /** Adds a message. True when so many wait that their source should pause, until `onRoom`. */
  push(message: Message): boolean;
  /** No further message will come. */
  end(): void;
}

/** An inbox that wants its source to pause beyond `capacity` waiting messages, and to go on when they are read. */
export function inbox<Message>(capacity: number, onRoom: () => void): Inbox<Message> {
  const waiting: Message[] = [];
  let ended = false;
  let wake: (() => void) | undefined;

  const next = async (): Promise<IteratorResult<Message>> => {
    while (waiting.length === 0) {
      if (ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (wake = resolve));
    }
    const value = waiting.shift() as Message;
    if (waiting.length === 0) onRoom();
    return { done: false, value };
  };
  function end(): void {
    ended = true;
    wake?.();
  }
  return {
    push(message) {
      if (ended) return true;
      waiting.push(message);
      wake?.();
      return waiting.length >= capacity;
    },
    end,
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        end();
        waiting.length = 0;
        return { done: true, value: undefined };
      },
    }),
  };
}
