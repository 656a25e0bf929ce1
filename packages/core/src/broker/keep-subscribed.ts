import { backoffMs } from "../words/backoff.ts";
import { type Clock, sleep, systemClock } from "../words/clock.ts";
import { MicroError } from "../words/errors.ts";
import { type Logger, silentLogger } from "../words/logger.ts";
import type { Broker, EventHandler, SubscribeOptions, Subscription } from "./broker.ts";

export interface KeepSubscribedOptions {
  readonly broker: Broker;
  readonly topic: string;
  readonly handler: EventHandler;
  readonly options?: SubscribeOptions;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface KeptSubscription {
  /**
   * Resolves when the first try has ended: the subscription stands, or the broker cannot be reached now and is tried
   * again. Rejects when it never will stand: a `ConfigError`, or an error below 500.
   */
  readonly tried: Promise<void>;
  /** Stops trying, or unsubscribes and resolves when the handlers that have begun are done. */
  stop(): Promise<void>;
}

/** Subscribes, and when the broker cannot be reached says so and tries again, until it stands. */
export function keepSubscribed(parts: KeepSubscribedOptions): KeptSubscription {
  const { broker, topic, handler, options = {}, clock = systemClock, logger = silentLogger } = parts;
  const ending = new AbortController();
  let told: { resolve: () => void; reject: (reason: unknown) => void };
  const tried = new Promise<void>((resolve, reject) => {
    told = { resolve, reject };
  });
  const standing = subscribe();

  async function subscribe(): Promise<Subscription | undefined> {
    logger.info(`Subscribing to topic: ${topic}`);
    for (let failures = 1; !ending.signal.aborted; failures++) {
      try {
        const subscription = await broker.subscribe(topic, handler, options);
        if (failures > 1) logger.info(`Subscribed to topic: ${topic} after ${failures - 1} failed tries`);
        told.resolve();
        return subscription;
      } catch (reason) {
        if (!(reason instanceof MicroError) || reason.code < 500) {
          told.reject(reason);
          return undefined;
        }
        logger.error(`Broker [${broker.name}] cannot subscribe to topic ${topic}, try ${failures}: ${reason.detail}`);
        told.resolve();
      }
      await sleep(clock, backoffMs(failures, pauses), ending.signal).catch(() => undefined); // the loop's condition sees why
    }
    return undefined;
  }

  return {
    tried,
    async stop() {
      ending.abort();
      logger.info(`Unsubscribing from topic: ${topic}`);
      await (await standing)?.unsubscribe();
    },
  };
}

const pauses = { baseMs: 500, maxMs: 10_000 };
