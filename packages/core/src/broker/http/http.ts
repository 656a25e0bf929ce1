import { randomUUID } from "node:crypto";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import { type RegistryCache, registryCache } from "../../registry/cache.ts";
import type { Registry, ServiceRecord } from "../../registry/registry.ts";
import { advertisedAddress, formatHostPort, parseListenAddress } from "../../words/address.ts";
import { type Clock, sleep, systemClock } from "../../words/clock.ts";
import { MicroError, unavailable } from "../../words/errors.ts";
import { closeable, closeOnce } from "../../words/lifecycle.ts";
import { type Logger, silentLogger } from "../../words/logger.ts";
import { ConfigError } from "../../words/plugin.ts";
import type { Broker, BrokerMessage, EventHandler, SubscribeOptions, Subscription } from "../broker.ts";
import { brokerId, checkMessage, checkSubscription, limitsOf } from "../checks.ts";
import { orAborted, withPatience } from "../patience.ts";
import type { BrokerPlugin } from "../plugin.ts";
import { createReceiver } from "../receiver.ts";
import { settled } from "../settled.ts";
import { broadcastVersion, type Dialect, v1, v2 } from "./dialect.ts";
import { type HttpListener, listen } from "./listener.ts";
import { createOutbox } from "./outbox.ts";
import { createPoster } from "./post.ts";
import { type Presence, register } from "./presence.ts";
import type { Inlet } from "./receive.ts";
import { room } from "./room.ts";
import { subscribersIn } from "./subscribers.ts";

export interface HttpBrokerOptions {
  /** Where brokers find each other; stays its maker's to close. */
  registry: Registry;
  /**
   * Where to listen once something is subscribed: `host:port`, `:port`, `[v6]:port`; port 0 takes a free one. The default is
   * go-micro's and reaches this machine only. @default "127.0.0.1:0"
   */
  address?: string;
  /** What the registry is told instead of the listening address. */
  advertise?: string;
  /** `v2` is go-micro from v2.5 on, `v1` before; `both` subscribes under both and publishes to both. @default "v2" */
  dialect?: "v2" | "v1" | "both";
  /** Serve TLS with this certificate and key, and tell publishers so. */
  tls?: TlsOptions;
  /** What subscribers that serve TLS are verified against. @default the system's authorities */
  clientTls?: Pick<SecureContextOptions, "ca" | "cert" | "key">;
  /** How many messages may wait for one subscriber, or for one queue, before publishers wait. @default 64 */
  maxWaiting?: number;
  /** How long a message is tried again while its subscriber cannot be reached or does not acknowledge it, in milliseconds. @default 60000 */
  retryMs?: number;
  /** How long a subscriber may take to answer, in milliseconds; go-micro's answer when their handler is done. @default 60000 */
  answerTimeoutMs?: number;
  /** Largest body sent or taken, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** Most headers sent or taken. @default 256 */
  maxHeaders?: number;
  /** Bytes of messages that wait for one subscription's handler or are with it. @default 64 MiB */
  maxHeldBytes?: number;
  /** How long the registry is not asked again after it knew no subscriber of any topic, in milliseconds. @default 100 */
  unknownMs?: number;
  /** Connections held at once. @default 10000 */
  maxConnections?: number;
  /** How long a subscription still takes messages after the registry was told that it ends, in milliseconds. @default 250 */
  noticeMs?: number;
  /** How long closing waits for handlers that run, and then for messages on their way, in milliseconds. @default 8000 */
  drainTimeoutMs?: number;
  /** Told of messages that were taken over but could not be delivered. @default an error line for them all */
  onUndelivered?: (error: MicroError, topic: string, messages: readonly BrokerMessage[]) => void;
  /** @default one that says nothing */
  logger?: Logger;
  clock?: Clock;
  /** Spreads messages over the members of a queue; gives a number in [0, 1). @default Math.random */
  random?: () => number;
}

/**
 * go-micro's default broker: publishers post messages to the subscribers that the registry knows; no server stands between.
 *
 * A message that was taken over waits, in order, in a list for each subscriber and one for each queue. A subscriber that
 * cannot be reached holds nobody up: its list is tried again for a minute, a queue's goes to its other members at once. Of one
 * publisher's messages a subscriber has one at a time, and answers when its handler begins, so that what waits for a
 * process that dies is delivered to another. A message whose answer was lost on the way may come twice.
 */
export function httpBroker(options: HttpBrokerOptions): Broker {
  const settings = { ...defaults, ...options };
  const { registry, logger, clock } = settings;
  const limits = limitsOf(options);
  const bindAddress = parseListenAddress(settings.address, "address of the http broker");
  const dialects = dialectsOf(settings.dialect);
  const cache: RegistryCache = registryCache(registry, { clock, logger, unknownMs: settings.unknownMs });
  const subscribers = subscribersIn(cache, dialects);
  const poster = createPoster({ answerTimeoutMs: settings.answerTimeoutMs, tls: options.clientTls, clock });
  const outbox = createOutbox({ ...settings, poster, subscribers, onLost });
  const inlets = new Map<string, Inlet>();
  const subscriptions = new Set<Subscription>();
  const pending = new Set<Promise<Subscription>>();
  let listening: Promise<HttpListener> | undefined;
  let address = "";
  let state: "open" | "closing" | "closed" = "open";

  // Handlers that finish while the broker closes may still publish.
  function assertOpen(during: "open" | "closing"): void {
    if (state !== "open" && state !== during) throw unavailable(brokerId, "the http broker is closed");
  }

  function onLost(error: MicroError, topic: string, messages: readonly BrokerMessage[]): void {
    try {
      if (settings.onUndelivered) settings.onUndelivered(error, topic, messages);
      else logger.error({ topic, messages: messages.length }, `messages of topic ${topic} are lost: ${error.detail}`);
    } catch (reason) {
      logger.error({ topic, err: reason }, `onUndelivered of topic ${topic} failed: ${String(reason)}`);
    }
  }

  async function openListener(): Promise<HttpListener> {
    const strangers = room(settings.maxHeldBytes);
    const inlet = (id: string): Inlet | undefined => inlets.get(id);
    const tls = options.tls;
    const listener = await listen({ ...settings, address: bindAddress, tls, limits, bodyTimeoutMs, inlet, strangers });
    address = formatHostPort(listener.address.host, listener.address.port);
    logger.info(`Broker [http] Connected to ${address}`);
    return listener;
  }

  // One that could not listen may try again.
  function listenOnce(): Promise<HttpListener> {
    listening ??= openListener().catch((reason) => {
      listening = undefined;
      throw reason;
    });
    return listening;
  }

  function recordsOf(nodeId: string, topic: string, queue: string | undefined, at: HttpListener): ServiceRecord[] {
    const metadata = { broker: "http", secure: options.tls ? "true" : "false", topic };
    const node = { id: nodeId, address: advertisedAddress(options.advertise, at.address), metadata };
    return dialects.map(({ service }) => {
      return { name: service, version: queue ?? broadcastVersion, metadata: {}, endpoints: [], nodes: [node] };
    });
  }

  async function subscribe(topic: string, handler: EventHandler, of: SubscribeOptions): Promise<Subscription> {
    const listener = await listenOnce();
    const nodeId = `${topic}-${randomUUID()}`;
    const receiver = createReceiver({ ...of, topic, handler, logger });
    inlets.set(nodeId, { receiver, room: room(settings.maxHeldBytes) });
    let presence: Presence;
    try {
      presence = await register({ registry, records: recordsOf(nodeId, topic, of.queue, listener), clock, logger });
    } catch (reason) {
      inlets.delete(nodeId);
      throw MicroError.from(reason, brokerId);
    }
    const unsubscribe = closeOnce(async () => {
      await presence.end();
      if (settings.noticeMs > 0) await sleep(clock, settings.noticeMs);
      subscriptions.delete(subscription);
      // Only now is it unknown: who still sends is told so, and sends to another of the queue.
      await receiver.end();
      inlets.delete(nodeId);
    });
    const subscription: Subscription = { topic, queue: of.queue, unsubscribe };
    subscriptions.add(subscription);
    return subscription;
  }

  return {
    name: "http",
    get address() {
      return address;
    },
    async publish(topic, message, publishOptions = {}) {
      assertOpen("closing");
      checkMessage(topic, message, limits);
      const own = { headers: { ...message.headers, "micro-topic": topic }, body: new Uint8Array(message.body) };
      await withPatience(publishOptions, topic, clock, async (signal) => {
        const found = subscribers.of(topic);
        const targets = found instanceof Promise ? await orAborted(found, signal()) : found;
        await outbox.put(topic, own, targets, signal);
      });
    },
    async subscribe(topic, handler, subscribeOptions = {}) {
      assertOpen("open");
      checkSubscription(topic, subscribeOptions);
      const subscribing = subscribe(topic, handler, subscribeOptions);
      pending.add(subscribing);
      const subscription = await subscribing.finally(() => pending.delete(subscribing));
      if (state !== "open") throw unavailable(brokerId, "the http broker was closed while it subscribed");
      return subscription;
    },
    ...closeable(
      closeOnce(async () => {
        state = "closing";
        await Promise.allSettled(pending);
        const ending = [...subscriptions].map((subscription) => subscription.unsubscribe());
        if (!(await settled(ending, settings.drainTimeoutMs, clock)))
          logger.warn(`handlers were still running ${settings.drainTimeoutMs} ms after the http broker was closed`);
        state = "closed";
        await outbox.close(settings.drainTimeoutMs);
        poster.destroy();
        const listener = await listening?.catch(() => undefined); // whoever asked for it was told
        await listener?.close();
        if (listener) logger.info(`Broker [http] Disconnected from ${address}`);
        await cache.close();
      }),
    ),
  };
}

/**
 * Answers to `--broker=http`. The address is where it listens for messages; without one it is `127.0.0.1:0`, which other
 * machines cannot reach.
 */
export function httpBrokerPlugin(settings: Pick<HttpBrokerOptions, "dialect"> = {}): BrokerPlugin {
  return {
    kind: "broker",
    name: "http",
    open({ addresses, logger, registry }) {
      const [address, ...more] = addresses;
      if (more.length > 0)
        throw new ConfigError(
          `the http broker listens on one address, got ${addresses.length}: ${addresses.join(", ")}`,
        );
      return httpBroker({ ...settings, registry, logger, ...(address !== undefined && { address }) });
    },
  };
}

function dialectsOf(dialect: "v2" | "v1" | "both"): readonly Dialect[] {
  return dialect === "both" ? [v2, v1] : [dialect === "v1" ? v1 : v2];
}

const bodyTimeoutMs = 30_000;

const defaults = {
  address: "127.0.0.1:0",
  dialect: "v2",
  maxWaiting: 64,
  retryMs: 60_000,
  answerTimeoutMs: 60_000,
  maxHeldBytes: 64 * 1024 * 1024,
  unknownMs: 100,
  maxConnections: 10_000,
  noticeMs: 250,
  drainTimeoutMs: 8_000,
  logger: silentLogger,
  clock: systemClock,
  random: () => Math.random(),
} as const;
