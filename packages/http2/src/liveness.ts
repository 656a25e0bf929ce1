import type { Engine } from "./connection.ts";
import { ErrorCode } from "./errors.ts";

/** Where waiting comes from, so that tests turn the time. */
export interface Clock {
  /** Milliseconds from any moment on. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the answer cancels it. `background` lets the process end meanwhile. */
  after(ms: number, action: () => void, options?: { background?: boolean }): () => void;
}

/** How long a connection may be silent, stuck or deaf. 0 switches a check off. */
export interface LivenessOptions {
  /** Silence after which the peer is asked for a sign of life, in milliseconds. @default 60000 for servers, 0 for clients */
  keepAliveMs?: number;
  /** How long it has for that before the connection ends. @default 20000 */
  keepAliveTimeoutMs?: number;
  /** Asks also while no stream is open. @default true */
  keepAliveWithoutStreams?: boolean;
  /**
   * Silence, while a stream is open, after which the peer is asked, in milliseconds: a host that has vanished says nothing,
   * and whoever waits on one of its streams would wait until the system gives up, which takes a quarter of an hour. Asked
   * at most twice between two frames on streams, since more is a flood to some servers, and not after GOAWAY, since those
   * built on node:http2 then drop what is in flight (grpc-node#3068). @default 0 for servers, 1000 for clients
   */
  probeMs?: number;
  /** How long it has for that before the connection ends. @default 2000 */
  probeTimeoutMs?: number;
  /**
   * How long the preface, a frame or a header block may stay half sent before the connection ends; DATA excepted.
   * Ten seconds are an age for 16 KiB. @default 10000
   */
  unfinishedMs?: number;
  /**
   * How long the peer may take for what the socket holds for it, up to 256 KiB, before the connection ends: below
   * 9 kB/s nobody is served. @default 30000
   */
  stallMs?: number;
  /** How long a connection may be without a stream before it is drained. @default 0 */
  maxIdleMs?: number;
  /**
   * How old a connection may become before it is drained, give or take a tenth, so that many that began together do not
   * end together. @default 0
   */
  maxAgeMs?: number;
  /** How long the streams of a connection that became too old have to end before they are cut off. @default 0, for ever */
  maxAgeGraceMs?: number;
}

/** The defaults of a server; a client's differ in who is asked for signs of life. */
export const defaultLiveness: Required<LivenessOptions> = {
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
  keepAliveWithoutStreams: true,
  probeMs: 0,
  probeTimeoutMs: 2_000,
  unfinishedMs: 10_000,
  stallMs: 30_000,
  maxIdleMs: 0,
  maxAgeMs: 0,
  maxAgeGraceMs: 0,
};

/** What a client does otherwise: it asks only a peer that owes it something, and seldom. */
export const clientLiveness: LivenessOptions = { keepAliveMs: 0, probeMs: 1_000 };

/** What is looked at besides the engine. */
export interface Watched {
  /** Set by whoever receives bytes, cleared here. */
  heard: boolean;
  /** Output waits for the peer: a number that changes when some of it was taken; -1 when nothing waits. */
  backlog(): number;
}

/**
 * Looks at a connection now and then and ends it when the peer is gone, stuck or deaf. Looking costs less than a timer
 * for each byte that arrives, at the price of being a quarter of the shortest span late.
 */
export function watchOver(
  engine: Engine,
  watched: Watched,
  clock: Clock,
  options: Required<LivenessOptions>,
): () => void {
  // A time for answers is no reason to look where nothing is asked.
  const asking = {
    ...(options.keepAliveMs === 0 && { keepAliveTimeoutMs: 0 }),
    ...(options.probeMs === 0 && { probeTimeoutMs: 0 }),
  };
  const spans = Object.values({ ...options, ...asking }).filter(
    (span) => typeof span === "number" && span > 0,
  ) as number[];
  if (spans.length === 0) return () => undefined;
  const everyMs = Math.max(1, Math.min(...spans) / 4);
  const silence = { since: clock.now(), asked: false };
  const probe = { since: clock.now(), asked: false, left: probesBetweenFrames, mark: 0 };
  const unfinished = { mark: 0, since: clock.now() };
  const backlog = { mark: -1, since: clock.now() };
  const idle = { mark: 0, since: clock.now() };
  const age = { since: clock.now(), maxMs: options.maxAgeMs * (0.9 + Math.random() / 5), drainedAt: -1 };

  const look = (): void => {
    const now = clock.now();
    const { heard } = watched;
    watched.heard = false;
    const mark = engine.unfinished;
    const waiting = watched.backlog();
    if (stuck(unfinished, mark, mark === 0, now, options.unfinishedMs))
      engine.destroy(ErrorCode.PROTOCOL_ERROR, `a frame was not finished within ${options.unfinishedMs} ms`);
    else if (stuck(backlog, waiting, waiting < 0, now, options.stallMs))
      engine.destroy(ErrorCode.ENHANCE_YOUR_CALM, `the peer has read nothing for ${options.stallMs} ms`);
    else if (silent(now, heard))
      engine.destroy(ErrorCode.NO_ERROR, `the peer has not answered for ${options.keepAliveTimeoutMs} ms`);
    else if (lost(now, heard || waiting >= 0))
      engine.destroy(ErrorCode.NO_ERROR, `the peer has given no sign of life for ${options.probeTimeoutMs} ms`);
    else if (outlived(now)) engine.destroy(ErrorCode.NO_ERROR, `the connection was older than ${options.maxAgeMs} ms`);
    else {
      drainIdle(now);
      if (!engine.closed) cancel = clock.after(everyMs, look, { background: true });
    }
  };

  const silent = (now: number, heard: boolean): boolean => {
    if (heard) {
      silence.since = now;
      silence.asked = false;
    }
    if (options.keepAliveMs === 0) return false;
    if (!options.keepAliveWithoutStreams && engine.open === 0) {
      silence.since = now;
      silence.asked = false;
      return false;
    }
    const limit = silence.asked ? options.keepAliveTimeoutMs : options.keepAliveMs;
    if (limit === 0 || now - silence.since < limit) return false;
    if (silence.asked) return true;
    silence.asked = true;
    silence.since = now;
    engine.ping();
    return false;
  };

  /** Whether a peer that owes something has not even answered a question. What waits here to be sent keeps it busy. */
  const lost = (now: number, busy: boolean): boolean => {
    if (options.probeMs === 0) return false;
    if (engine.streamFrames !== probe.mark) {
      probe.mark = engine.streamFrames;
      probe.left = probesBetweenFrames;
    }
    if (busy || engine.open === 0 || !engine.accepting) {
      probe.since = now;
      probe.asked = false;
      return false;
    }
    if (probe.asked) return now - probe.since >= options.probeTimeoutMs;
    if (probe.left === 0 || now - probe.since < options.probeMs) return false;
    probe.asked = true;
    probe.left--;
    probe.since = now;
    engine.ping();
    return false;
  };

  /** Drains a connection that is too old; true when its streams have had their time after that. */
  const outlived = (now: number): boolean => {
    if (age.maxMs === 0 || now - age.since < age.maxMs) return false;
    if (age.drainedAt < 0) {
      age.drainedAt = now;
      engine.drain();
    }
    return !engine.closed && options.maxAgeGraceMs > 0 && now - age.drainedAt >= options.maxAgeGraceMs;
  };

  /** Drains a connection that has had no stream for long. */
  const drainIdle = (now: number): void => {
    const mark = engine.lastStreamId;
    if (engine.open > 0 || mark !== idle.mark) {
      idle.mark = mark;
      idle.since = now;
    } else if (options.maxIdleMs > 0 && now - idle.since >= options.maxIdleMs) engine.drain();
  };

  let cancel = clock.after(everyMs, look, { background: true });
  return () => cancel();
}

// As many as the servers of grpc-go forgive a client that asks too soon.
const probesBetweenFrames = 2;

function stuck(
  seen: { mark: number; since: number },
  mark: number,
  fine: boolean,
  now: number,
  limitMs: number,
): boolean {
  if (fine || mark !== seen.mark) {
    seen.mark = mark;
    seen.since = now;
    return false;
  }
  return limitMs > 0 && now - seen.since >= limitMs;
}
