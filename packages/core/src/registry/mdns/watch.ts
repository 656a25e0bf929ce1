import type { Clock } from "../../words/clock.ts";
import type { Logger } from "../../words/logger.ts";
import { type FeedWriter, feed } from "../feed.ts";
import type { RegistryEvent, WatchOptions } from "../registry.ts";
import { listName, nameFault } from "./instance.ts";
import { types } from "./message.ts";
import { createPresence } from "./presence.ts";
import type { Station } from "./station.ts";

export interface WatchSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long answers to one question may take. */
  readonly timeoutMs: number;
  /** The pause between two rounds of questions. */
  readonly reconcileMs: number;
}

// After the first question, since that one or its answers may be lost.
const askAgainAfterMs = [250, 750];
// How soon it is tried again when no link took the question.
const retryMs = 1_000;
// More than this many nodes or services are not asked for one by one in a round.
const maxQuestions = 1_000;

/**
 * Watches by listening, and by asking: three times at the start, then a round each `reconcileMs`, and at once when a
 * link comes up. A node that answers neither the general question nor its own in two rounds is deleted.
 */
export function watchServices(
  station: Station,
  settings: WatchSettings,
  options: WatchOptions,
): AsyncIterable<RegistryEvent> {
  return { [Symbol.asyncIterator]: () => iterate(station, settings, options) };
}

function iterate(
  station: Station,
  { clock, logger, timeoutMs, reconcileMs }: WatchSettings,
  { service, signal, onContact }: WatchOptions,
): AsyncIterator<RegistryEvent> {
  const { domain } = station;
  const life = new AbortController();
  const ended = life.signal;
  const scope = service === undefined ? `.${domain}` : `.${service}.${domain}`;
  // Services asked for in this round.
  const asked = new Set<string>();
  let writer: FeedWriter | undefined;
  let wake: () => void = () => undefined;
  let resting = false;
  let inTouch = true;
  let began: Promise<void> | undefined;

  const presence = createPresence({
    clock,
    watches: (name) => name.endsWith(scope),
    emit: (event) => writer?.push(event),
    verify: (name) => void attempt(() => station.ask(name, types.ANY)),
    overflow: (limit) => logger.warn(`mDNS watch keeps ${limit} nodes and ignores all beyond`),
  });
  const events = feed({
    snapshot: () => presence.records(),
    connect(to) {
      writer = to;
      return () => life.abort();
    },
    signal: ended,
  })[Symbol.asyncIterator]();

  async function begin(): Promise<void> {
    if (signal?.aborted) return life.abort();
    station.assertOpen();
    const end = (): void => life.abort();
    signal?.addEventListener("abort", end);
    station.life.addEventListener("abort", end);
    const releases = [
      station.hold(),
      station.hear((sighting) => {
        if (sighting.kind === "service" && service === undefined) void attempt(() => askFor(sighting.name));
        else if (sighting.kind !== "here" || service === undefined || sighting.record.name === service)
          presence.sighted(sighting);
      }),
      station.onLinked(() => resting && wake()),
      () => signal?.removeEventListener("abort", end),
      () => station.life.removeEventListener("abort", end),
      () => wake(),
    ];
    const releaseAll = (): void => {
      for (const release of releases) release();
    };
    ended.addEventListener("abort", releaseAll, { once: true });
    while (!contact(await attempt(listenAndAsk))) await rest(retryMs);
    // The answers to the list, then those to the questions that it raised.
    await pause(timeoutMs);
    if (service === undefined) await pause(timeoutMs);
    void keepUp();
  }

  // Listen before asking: a change between the two would otherwise be lost.
  async function listenAndAsk(): Promise<void> {
    await station.listen();
    await askAll();
  }

  async function keepUp(): Promise<void> {
    for (const ms of askAgainAfterMs) {
      await pause(ms);
      contact(await attempt(askAll));
    }
    for (;;) {
      await rest(reconcileMs);
      if (ended.aborted) return;
      await round();
    }
  }

  async function round(): Promise<void> {
    presence.beginRound();
    // Who was not asked did not miss anything.
    if (!contact(await attempt(askAll))) return;
    await pause(timeoutMs);
    if (service === undefined) await pause(timeoutMs);
    const silent = presence.unsighted().slice(0, maxQuestions);
    if (silent.length > 0) {
      const askEach = async (): Promise<void> => {
        for (const name of silent) await station.ask(name, types.ANY);
      };
      if (!(await attempt(askEach))) return;
      await pause(timeoutMs);
    }
    if (!ended.aborted) presence.endRound();
  }

  async function askAll(): Promise<void> {
    asked.clear();
    if (service !== undefined) return askFor(service);
    await station.ask(`${listName}.${domain}`);
    for (const name of presence.services()) await askFor(name);
  }

  async function askFor(name: string): Promise<void> {
    // What no node can be called, none is called.
    if (asked.has(name) || asked.size >= maxQuestions || nameFault(name, domain)) return;
    asked.add(name);
    await station.ask(`${name}.${domain}`);
  }

  // Whether questions leave this machine; nothing else can be known of a network in which everybody may be silent.
  function contact(asked: boolean): boolean {
    if (asked === inTouch || ended.aborted) return asked;
    inTouch = asked;
    if (asked) logger.info("an mDNS watch can ask again");
    else logger.warn("an mDNS watch cannot ask for services; it keeps what it knows and tries again");
    onContact?.(asked);
    return asked;
  }

  // True when the question left, or nobody wants its answer any more.
  async function attempt(ask: () => Promise<void>): Promise<boolean> {
    try {
      if (!ended.aborted) await ask();
      return true;
    } catch (reason) {
      if (ended.aborted) return true;
      logger.debug({ reason }, "an mDNS watch could not ask; it asks again");
      return false;
    }
  }

  // Ends early when a link comes up: there may be others on it to be asked.
  async function rest(ms: number): Promise<void> {
    resting = true;
    await pause(ms);
    resting = false;
  }

  // Ends early when the watch does.
  function pause(ms: number): Promise<void> {
    if (ended.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    async next() {
      began ??= begin();
      await began;
      return events.next();
    },
    async return() {
      life.abort();
      return { done: true, value: undefined };
    },
  };
}
