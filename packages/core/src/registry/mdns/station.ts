import { unavailable } from "../../words/errors.ts";
import { type Closeable, closeable } from "../../words/lifecycle.ts";
import type { Logger } from "../../words/logger.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { errorId } from "./instance.ts";
import { classInternet, DnsFormatError, flags, type Message, message, types } from "./message.ts";
import type { Network, NetworkEvents, Peer } from "./network.ts";
import { createReader, type Sighting } from "./sightings.ts";
import { createZone, type Zone } from "./zone.ts";

/** One process in the conversation: it answers for its zone, asks, and passes on what it hears. */
export interface Station extends Closeable {
  readonly domain: string;
  readonly zone: Zone;
  /** Aborted when the registry is closed. */
  readonly life: AbortSignal;
  /** Answers questions about the zone, and hears announcements, from now on. */
  listen(): Promise<void>;
  /** Sends one question on every link; what is answered is heard by all hearers. */
  ask(name: string, type?: number): Promise<void>;
  tell(message: Message): Promise<void>;
  /** Passes on every sighting until the answer is called. */
  hear(hearer: (sighting: Sighting) => void): () => void;
  /** Calls when a link comes up that was not there before. */
  onLinked(listener: () => void): () => void;
  /** Keeps the process alive until the answer is called. */
  hold(): () => void;
  /** Throws a 503 `MicroError` when the registry is closed. */
  assertOpen(): void;
}

export type OpenNetwork = (events: NetworkEvents) => Network;

export function openStation(domain: string, open: OpenNetwork, logger: Logger, life: AbortSignal): Station {
  const zone = createZone(domain);
  const read = createReader(domain, logger);
  const hearers = new Set<(sighting: Sighting) => void>();
  const linkedListeners = new Set<() => void>();
  const network = open({
    received,
    linked() {
      for (const listener of linkedListeners) listener();
    },
  });

  function received(bytes: Uint8Array, from: Peer, toAll: boolean): void {
    const heard = decoded(bytes);
    if (!heard) return;
    if (heard.flags & flags.response) {
      if (hearers.size > 0) for (const sighting of read(heard)) for (const hearer of hearers) hearer(sighting);
    } else if (toAll) {
      for (const answer of zone.answersTo(heard)) network.sendTo(encodeMessage(answer), from);
    }
  }

  function assertOpen(): void {
    if (life.aborted) throw unavailable(errorId, "the mdns registry is closed");
  }

  return {
    domain,
    zone,
    life,
    listen: () => network.listen(),
    ask: (name, type = types.PTR) => network.sendToAll(question(name, type)),
    tell: (said) => network.sendToAll(encodeMessage(said)),
    hear: (hearer) => added(hearers, hearer),
    onLinked: (listener) => added(linkedListeners, listener),
    hold: () => network.hold(),
    assertOpen,
    ...closeable(() => network.close()),
  };

  // Anybody may send anything to a multicast group, and other domains speak there too: what is no message is no event.
  function decoded(bytes: Uint8Array): Message | undefined {
    try {
      return decodeMessage(bytes);
    } catch (reason) {
      if (!(reason instanceof DnsFormatError)) throw reason;
      logger.trace({ reason }, "ignored a packet that is not DNS");
      return undefined;
    }
  }
}

// The id is random, as Go's; a peer that answers by unicast bit may repeat it.
function question(name: string, type: number): Uint8Array {
  const id = Math.floor(Math.random() * 0x1_0000);
  return encodeMessage(message({ id, questions: [{ name, type, class: classInternet }] }));
}

function added<T>(set: Set<T>, entry: T): () => void {
  set.add(entry);
  return () => void set.delete(entry);
}
