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
}

/** The defaults of a server; a client does not ask for signs of life, which some servers take for a flood. */
export const defaultLiveness: Required<LivenessOptions> = {
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
  unfinishedMs: 10_000,
  stallMs: 30_000,
};

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
  const spans = Object.values(options).filter((ms) => ms > 0);
  if (spans.length === 0) return () => undefined;
  const everyMs = Math.max(1, Math.min(...spans) / 4);
  const silence = { since: clock.now(), asked: false };
  const unfinished = { mark: 0, since: clock.now() };
  const backlog = { mark: -1, since: clock.now() };

  const look = (): void => {
    const now = clock.now();
    const mark = engine.unfinished;
    const waiting = watched.backlog();
    if (stuck(unfinished, mark, mark === 0, now, options.unfinishedMs))
      engine.destroy(ErrorCode.PROTOCOL_ERROR, `a frame was not finished within ${options.unfinishedMs} ms`);
    else if (stuck(backlog, waiting, waiting < 0, now, options.stallMs))
      engine.destroy(ErrorCode.ENHANCE_YOUR_CALM, `the peer has read nothing for ${options.stallMs} ms`);
    else if (silent(now))
      engine.destroy(ErrorCode.NO_ERROR, `the peer has not answered for ${options.keepAliveTimeoutMs} ms`);
    else cancel = clock.after(everyMs, look, { background: true });
  };

  const silent = (now: number): boolean => {
    if (watched.heard) {
      watched.heard = false;
      silence.since = now;
      silence.asked = false;
    }
    if (options.keepAliveMs === 0) return false;
    const limit = silence.asked ? options.keepAliveTimeoutMs : options.keepAliveMs;
    if (limit === 0 || now - silence.since < limit) return false;
    if (silence.asked) return true;
    silence.asked = true;
    silence.since = now;
    engine.ping();
    return false;
  };

  let cancel = clock.after(everyMs, look, { background: true });
  return () => cancel();
}

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
