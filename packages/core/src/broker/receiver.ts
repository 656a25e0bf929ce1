import { MicroError } from "../words/errors.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import { metadata } from "../words/metadata.ts";
import type { BrokerEvent, BrokerMessage, EventHandler, SubscribeOptions } from "./broker.ts";
import { brokerId } from "./checks.ts";

export interface ReceiverOptions extends SubscribeOptions {
  readonly topic: string;
  readonly handler: EventHandler;
  readonly logger?: Logger;
}

/** One message at a receiver. */
export interface Handling {
  /** True when the message is dealt with, false when it is to be delivered again. */
  readonly taken: Promise<boolean>;
  /** Resolves when the handler is done and the message is taken or not. */
  readonly finished: Promise<void>;
}

/** The subscriber's end of a subscription: runs its handler, so many at once and in order, and says what became of it. */
export interface Receiver {
  readonly topic: string;
  /** Takes nothing any more. */
  readonly ended: boolean;
  /** The message becomes the handler's own. */
  receive(message: BrokerMessage): Handling;
  /** Refuses what has not begun and what comes, and resolves when the handlers that run are done. */
  end(): Promise<void>;
}

/** What is the same in every broker about handing messages to a handler. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { topic, handler, autoAck = true, concurrency = 1, logger = silentLogger } = options;
  const running = new Set<Promise<void>>();
  let waiting: { begin: () => void; refuse: () => void }[] = [];
  // Handlers that are done but said neither ack nor nack.
  const unsettled = new Set<() => void>();
  let busy = 0;
  let ended = false;

  function release(): void {
    busy--;
    if (busy < concurrency) waiting.shift()?.begin();
  }

  function report(reason: unknown, event: BrokerEvent): void {
    const error = MicroError.from(reason, brokerId);
    try {
      if (options.onError) options.onError(error, event);
      else logger.error({ topic, err: reason }, `handler of topic ${topic} failed: ${error.detail}`);
    } catch (failure) {
      logger.error({ topic, err: failure }, `onError of topic ${topic} failed: ${String(failure)}`);
    }
  }

  async function handle(message: BrokerMessage, settle: (taken: boolean) => void): Promise<void> {
    const event: BrokerEvent = {
      topic,
      message: { headers: metadata(message.headers), body: message.body },
      ack: () => settle(true),
      nack: () => settle(false),
    };
    if (autoAck) settle(true);
    try {
      await handler(event);
    } catch (reason) {
      settle(false);
      report(reason, event);
    }
  }

  function start(message: BrokerMessage, settle: (taken: boolean) => void, taken: Promise<boolean>): Promise<void> {
    busy++;
    const handled = handle(message, settle);
    running.add(handled);
    const abandon = (): void => settle(false);
    return handled.then(async () => {
      running.delete(handled);
      if (ended) abandon();
      unsettled.add(abandon);
      await taken;
      unsettled.delete(abandon);
      release();
    });
  }

  return {
    topic,
    get ended() {
      return ended;
    },
    receive(message) {
      let settle: (taken: boolean) => void = () => undefined;
      const taken = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      if (ended) {
        settle(false);
        return { taken, finished: Promise.resolve() };
      }
      if (busy < concurrency) return { taken, finished: start(message, settle, taken) };
      const finished = new Promise<void>((resolve) => {
        waiting.push({
          begin: () => resolve(start(message, settle, taken)),
          refuse() {
            settle(false);
            resolve();
          },
        });
      });
      return { taken, finished };
    },
    async end() {
      ended = true;
      const refused = waiting;
      waiting = [];
      for (const { refuse } of refused) refuse();
      for (const abandon of unsettled) abandon();
      await Promise.all(running);
    },
  };
}
