import { setMaxListeners } from "node:events";
import { Metadata } from "@grpc/grpc-js";
import { backoffMs, type Logger, type MicroError, sleep, systemClock, unavailable } from "@micro/core";
import type { Candidates } from "./candidates.ts";
import { causeOf, isAuthOff, isLeaderless, isSilence, judge, refusal } from "./failure.ts";
import type { EtcdMember, UnaryMethods } from "./member.ts";
import { errorId } from "./options.ts";
import { reports } from "./reports.ts";

export interface RunOptions {
  /** @default the registry's timeout */
  timeoutMs?: number;
  /** Rather an old answer from a member that is cut off from the others than none. @default false */
  staleOk?: boolean;
}

/** One try on one member; must end by itself after the terms' `timeoutMs`. */
export type Attempt<T> = (member: EtcdMember, terms: Terms) => Promise<T>;

export interface Terms {
  readonly metadata: Metadata;
  readonly timeoutMs: number;
  /** The member has no leader, and an old answer is wanted. */
  readonly stale: boolean;
}

/** All members as one: requests stay with the member that serves and move on when it does not. */
export interface EtcdCluster {
  /** Aborted by `close`. */
  readonly closing: AbortSignal;
  /**
   * Runs one try after the other, with growing patience and pauses, until one succeeds or the time is over.
   * What is tried may be applied twice. Rejects with a `MicroError`.
   */
  run<T>(attempt: Attempt<T>, options?: RunOptions): Promise<T>;
  unary<M extends keyof UnaryMethods>(
    method: M,
    request: UnaryMethods[M][0],
    options?: RunOptions,
  ): Promise<UnaryMethods[M][1]>;
  /** The member that serves at the moment. */
  current(): EtcdMember;
  /**
   * What each request carries: the token of a logged-in user, and whether the member must have a leader. Rejects when
   * the member may not be asked.
   */
  metadata(member: EtcdMember, timeoutMs: number, requireLeader: boolean): Promise<Metadata>;
  /** Says that a member served. */
  succeeded(member: EtcdMember): void;
  /**
   * Says that a member did not serve, so that others are tried first. Its connection is dropped when it is `dead`, or
   * stands no more. Nothing happens when the connection is no longer of the `generation` that failed: whoever dropped
   * it has said so.
   */
  failed(member: EtcdMember, generation: number, reason: unknown, options?: { dead?: boolean }): void;
  /** Says that the connection to a member is alive, whatever else is wrong with it. */
  heard(member: EtcdMember): void;
  /** That nothing came of it within `timeoutMs`, with what is known of why. */
  unreachable(timeoutMs: number): MicroError;
  /** Forgets the token, so that the next request logs in again. */
  forgetToken(): void;
  /** Takes note of the leader that was in office when a member answered: each has a higher term than the one before. */
  heardTerm(term: string | undefined): void;
  /** Calls back when another leader has been elected. */
  onNewLeader(callback: () => void): void;
  /** Calls back when the cluster serves for the first time, and each time that it serves again after a fault. */
  onServing(callback: () => void): void;
  close(): void;
}

export interface ClusterOptions {
  members: Candidates;
  auth: { username: string; password: string } | undefined;
  timeoutMs: number;
  logger: Logger;
}

// A healthy member answers in a few milliseconds, and one that lost its leader after one to two seconds. Each round
// over all members doubles the patience, so that a slow disk is not taken for a dead member for ever.
const firstAttemptMs = 1_000;
const pauses = { baseMs: 100, maxMs: 1_000 };

export function etcdCluster({ members, auth, timeoutMs: defaultTimeoutMs, logger }: ClusterOptions): EtcdCluster {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // each pause listens
  const said = reports(logger, () => systemClock.now());
  const silences = new Map<EtcdMember, number>();
  const servingCallbacks: (() => void)[] = [];
  const leaderCallbacks: (() => void)[] = [];
  let serving = false;
  let highestTerm = 0n;
  let token: Promise<string> | undefined;

  function failed(member: EtcdMember, generation: number, reason: unknown, { dead = false } = {}): void {
    if (closing.signal.aborted || member.generation !== generation) return;
    const cause = causeOf(reason);
    said.failed(member.address, cause);
    serving = false;
    members.troubled(member, { cause, leaderless: isLeaderless(reason) });
    if (isSilence(reason)) silences.set(member, (silences.get(member) ?? 0) + 1);
    // One silence on a standing connection may be one slow request. Where a watch is open, its heartbeat knows better.
    if (dead || !member.connected || (silences.get(member) ?? 0) >= 2) {
      silences.delete(member);
      member.reset();
    }
  }

  function succeeded(member: EtcdMember): void {
    members.served(member);
    silences.delete(member);
    said.succeeded(member.address);
    if (serving) return;
    serving = true;
    for (const callback of servingCallbacks) callback();
  }

  function unreachable(timeoutMs: number): MicroError {
    const tried = members.troubles().map(({ member, cause }) => `${member.address} (${cause})`);
    const where = tried.length > 0 ? `tried ${tried.join(", ")}` : `asked ${members.current().address}`;
    return unavailable(errorId, `no etcd served within ${timeoutMs} ms; ${where}`);
  }

  async function run<T>(attempt: Attempt<T>, options: RunOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const endMs = systemClock.now() + timeoutMs;
    let logins = 0;
    let stale = false;
    for (let failures = 0; ; ) {
      if (closing.signal.aborted) throw closedError();
      const member = members.current();
      const { generation } = member;
      const patienceMs = firstAttemptMs * 2 ** Math.floor(failures / members.all.length);
      const attemptMs = Math.min(endMs - systemClock.now(), patienceMs);
      let used: typeof token;
      try {
        const headers = await metadata(member, attemptMs, !stale);
        used = token;
        const leftMs = Math.min(attemptMs, endMs - systemClock.now());
        const result = await attempt(member, { metadata: headers, timeoutMs: leftMs, stale });
        if (!stale) succeeded(member); // one that is cut off serves only half
        return result;
      } catch (reason) {
        if (closing.signal.aborted) throw closedError();
        const verdict = judge(reason);
        if (verdict === "token" && auth && ++logins < 3) {
          if (token === used) token = undefined; // else somebody logged in again already
          continue;
        }
        if (verdict !== "elsewhere") throw refusal(reason, member.address);
        // A try cut short by the end says less than the ones before it.
        if (attemptMs < firstAttemptMs && isSilence(reason) && isTroubled(member)) throw unreachable(timeoutMs);
        if (member.generation !== generation && systemClock.now() < endMs) continue; // others dropped the connection
        failed(member, generation, reason);
        if (options.staleOk && !stale && isLeaderless(reason)) {
          stale = true;
          continue;
        }
        failures++;
        const count = members.all.length;
        const pauseMs = failures % count === 0 ? backoffMs(failures / count, pauses) : 0;
        if (systemClock.now() + pauseMs >= endMs) throw unreachable(timeoutMs);
        if (pauseMs > 0) await sleep(systemClock, pauseMs, closing.signal).catch(() => undefined); // looked at above
      }
    }
  }

  function isTroubled(member: EtcdMember): boolean {
    return members.troubles().some((trouble) => trouble.member === member);
  }

  async function metadata(member: EtcdMember, timeoutMs: number, requireLeader: boolean): Promise<Metadata> {
    await member.ready(timeoutMs);
    const headers = new Metadata();
    // Without it a member that is cut off from the others would go on answering as if nothing had happened.
    if (requireLeader) headers.set("hasleader", "true");
    if (auth) {
      token ??= logIn(member, auth, timeoutMs);
      try {
        const text = await token;
        if (text) headers.set("token", text);
      } catch (reason) {
        token = undefined;
        throw reason;
      }
    }
    return headers;
  }

  async function logIn(member: EtcdMember, user: { username: string; password: string }, ms: number): Promise<string> {
    try {
      const { username: name, password } = user;
      return (await member.unary("authenticate", { name, password }, new Metadata(), ms)).token;
    } catch (reason) {
      if (isAuthOff(reason)) return "";
      throw reason;
    }
  }

  return {
    closing: closing.signal,
    run,
    unary: (method, request, options) =>
      run((member, terms) => member.unary(method, request, terms.metadata, terms.timeoutMs), options),
    current: members.current,
    metadata,
    succeeded,
    failed,
    heard: (member) => silences.delete(member),
    unreachable,
    forgetToken() {
      token = undefined;
    },
    heardTerm(text) {
      const term = BigInt(text ?? 0);
      if (term <= highestTerm) return;
      const isFirst = highestTerm === 0n;
      highestTerm = term;
      if (!isFirst) for (const callback of leaderCallbacks) callback();
    },
    onNewLeader: (callback) => leaderCallbacks.push(callback),
    onServing: (callback) => servingCallbacks.push(callback),
    close() {
      closing.abort();
      for (const member of members.all) member.reset();
    },
  };
}

/** What every method of a closed registry rejects with. */
export function closedError(): MicroError {
  return unavailable(errorId, "the etcd registry is closed");
}
