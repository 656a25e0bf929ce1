import type { LocalNodes } from "../local/local-nodes.ts";
import type { CallTarget, Connection, OutgoingCall, Protocol } from "../protocol/protocol.ts";
import type { Candidate, Next, Selector } from "../selector/selector.ts";
import { type Backoff, backoffMs } from "../words/backoff.ts";
import { type Clock, sleep } from "../words/clock.ts";
import { type Deadline, deadlineFrom } from "../words/deadline.ts";
import { cancelled, MicroError, timeout } from "../words/errors.ts";
import { type Metadata, mergedMetadata } from "../words/metadata.ts";
import { attemptError } from "./attempt-error.ts";
import type { CallOptions } from "./client.ts";
import { protocolOf } from "./coding.ts";
import type { Pool } from "./pool.ts";
import { KeptReply, listens } from "./reply-metadata.ts";
import { RetriesLeft, type RetryRule } from "./retry.ts";

/** What a call goes through. */
export interface CallParts {
  readonly selector: Selector;
  readonly pool: Pool;
  readonly clock: Clock;
  /** By the word in the node's metadata. */
  readonly protocols: ReadonlyMap<string, Protocol>;
  /** Called without a wire. */
  readonly local: LocalNodes | undefined;
  readonly settings: CallSettings;
  /** Counts as it goes; see `ClientStats`. */
  readonly counts: { calls: number; retries: number };
  /** Told before each attempt after the first. */
  readonly onRetry: ((retry: Retry) => void) | undefined;
}

/** What holds where a call says nothing. */
export interface CallSettings {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly retry: RetryRule;
  readonly backoff: Backoff;
  /** The name of the protocol that nodes speak which a call names by address. */
  readonly protocol: string;
  /** Headers of every call, and of those that bring none of their own as this very object. */
  readonly metadata: Metadata;
}

/** An attempt after the first, and what the one before it failed of. */
export interface Retry {
  readonly service: string;
  readonly endpoint: string;
  /** Counted from 2, since the first is no retry. */
  readonly attempt: number;
  readonly error: MicroError;
}

/** What is called, and whether calling it twice does no harm where the call's options do not say. */
export interface ClientTarget extends CallTarget {
  readonly idempotent: boolean;
}

/** What a call does with the node that was chosen for it. */
export type Attempt<T> = (candidate: Candidate, outgoing: OutgoingCall) => Promise<T>;

/** One call: a deadline for all of it, then one attempt a node until one answers or the rule says no. */
export function call<T>(parts: CallParts, target: ClientTarget, options: CallOptions, attempt: Attempt<T>): Promise<T> {
  if (!listens(options)) return askNodes(parts, target, options, attempt, undefined);
  const kept = new KeptReply(options);
  return askNodes(parts, target, options, attempt, kept).finally(() => kept.tell());
}

async function askNodes<T>(
  parts: CallParts,
  target: ClientTarget,
  options: CallOptions,
  ask: Attempt<T>,
  kept: KeptReply | undefined,
): Promise<T> {
  const { clock, settings, selector } = parts;
  parts.counts.calls++;
  const outgoing = outgoingCall(parts, target, options, options.timeoutMs ?? settings.timeoutMs);
  const { deadline, signal } = outgoing;
  const selected = selectNext(parts, target.service, options);
  const next = selected instanceof Promise ? await beforeDeadline(selected, clock, deadline, signal) : selected;
  let failed: Failed | undefined;
  for (let attempt = 1; ; attempt++) {
    const candidate = nextNode(next, failed);
    selector.began?.(candidate);
    try {
      const reply = await ask(candidate, kept ? kept.attempt(outgoing) : outgoing);
      selector.mark(candidate, "reached");
      selector.ended?.(candidate);
      return reply;
    } catch (reason) {
      const failure = markFailure(parts, candidate, reason);
      selector.ended?.(candidate, attemptError(failure, signal));
      const left = failed?.left ?? new RetriesLeft(options.retries ?? settings.retries);
      if (
        !left.allowAfter(failure, candidate.node.id) ||
        !settings.retry(failure, options.idempotent ?? target.idempotent)
      )
        throw failure;
      failed = { failure, left };
      await pause(clock, attempt === 1 ? 0 : backoffMs(attempt - 1, settings.backoff), deadline, signal, failure);
      retried(parts, target, attempt + 1, failure);
    }
  }
}

/** Counts and tells an attempt after the first. */
export function retried(
  { counts, onRetry }: CallParts,
  { service, endpoint }: CallTarget,
  attempt: number,
  error: MicroError,
): void {
  counts.retries++;
  onRetry?.({ service, endpoint, attempt, error });
}

/** An attempt that failed and is followed by another. */
export interface Failed {
  readonly failure: MicroError;
  readonly left: RetriesLeft;
}

/** The node for the next attempt. When there is none, or no attempt for it, what the last one failed of says more. */
export function nextNode(next: Next, failed: Failed | undefined): Candidate {
  let candidate: Candidate;
  try {
    candidate = next();
  } catch (reason) {
    throw failed?.failure ?? reason;
  }
  if (failed && !failed.left.take(failed.failure, candidate.node.id)) throw failed.failure;
  return candidate;
}

export function outgoingCall(
  { clock, settings }: CallParts,
  target: CallTarget,
  options: CallOptions,
  timeoutMs: number | undefined,
): OutgoingCall {
  const now = clock.now();
  const deadline = deadlineFrom(now, timeoutMs, options.deadline);
  if (deadline <= now) throw expired(target);
  const metadata = withDefaults(settings.metadata, options.metadata);
  const { signal, compression } = options;
  return { target, metadata, deadline, timeoutMs, signal, compression };
}

function expired({ service, endpoint }: CallTarget): MicroError {
  const detail = `context deadline exceeded before ${endpoint} of ${service} was called`;
  return new MicroError("go.micro.client", 408, detail, { unprocessed: true });
}

/** Tells the selector what the failure says about the node; one that was given up or ran out of time says nothing. */
export function markFailure({ selector }: CallParts, candidate: Candidate, reason: unknown): MicroError {
  const error = MicroError.from(reason, "go.micro.client");
  if (error.answered) selector.mark(candidate, "reached");
  else if (nodeFailed(error)) selector.mark(candidate, "failed");
  return error;
}

/** The node could not be reached or went away under the call. */
function nodeFailed({ code }: MicroError): boolean {
  return code === 503; // a message that is too large is unprocessed as well, and no fault of the node's
}

export function selectNext(
  { selector, settings }: CallParts,
  service: string,
  options: CallOptions,
): Next | Promise<Next> {
  return options.address === undefined
    ? selector.select(service, options)
    : inTurn(service, options.address, settings.protocol);
}

/** Nodes that the caller names; neither registry nor filters are asked. */
function inTurn(service: string, address: string | readonly string[], protocol: string): Next {
  const addresses = typeof address === "string" ? [address] : address;
  if (addresses.length === 0) throw new MicroError("go.micro.client", 400, `the address list for ${service} is empty`);
  let turn = 0;
  return () => {
    const chosen = addresses[turn++ % addresses.length] as string;
    const node = { id: chosen, address: chosen, metadata: { protocol } };
    return { node, record: { name: service, version: "", metadata: {}, endpoints: [], nodes: [node] } };
  };
}

/** The connection to a node. Throws 503 when the client does not speak what the node speaks. */
export function connect({ protocols, pool, local }: CallParts, { node }: Candidate): Connection {
  if (local?.find(node.id)) return pool.connection(local.protocol, node.id);
  const word = protocolOf(node);
  const protocol = protocols.get(word);
  if (!protocol) {
    const known = [...protocols.keys()].join(", ");
    throw new MicroError("go.micro.client", 503, `node ${node.id} speaks ${word}; this client speaks ${known}`, {
      unprocessed: true,
    });
  }
  return pool.connection(protocol, node.address);
}

function withDefaults(defaults: Metadata, given: Metadata | undefined): Metadata {
  if (!given) return defaults;
  return mergedMetadata(defaults, given);
}

/** Waits for a lookup no longer than the call may take. */
export async function beforeDeadline<T>(
  work: Promise<T>,
  clock: Clock,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<T> {
  const giveUp = new AbortController();
  const waiting = signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal;
  try {
    return await Promise.race([work, expiry(clock, deadline, waiting, signal)]);
  } finally {
    giveUp.abort();
  }
}

async function expiry(clock: Clock, deadline: Deadline, waiting: AbortSignal, signal?: AbortSignal): Promise<never> {
  const ms = Math.min(deadline - clock.now(), longestTimerMs);
  await sleep(clock, Math.max(0, ms), waiting).catch(() => undefined); // told apart below
  throw signal?.aborted
    ? cancelled("go.micro.client", "call cancelled")
    : timeout("go.micro.client", "context deadline exceeded");
}

const longestTimerMs = 2 ** 31 - 1;

/** The pause before the next attempt; the error at hand is thrown at once when the deadline leaves no room for one. */
export async function pause(
  clock: Clock,
  ms: number,
  deadline: Deadline,
  signal: AbortSignal | undefined,
  error: MicroError,
): Promise<void> {
  if (clock.now() + ms >= deadline || signal?.aborted) throw error;
  if (ms > 0)
    await sleep(clock, ms, signal).catch(() => Promise.reject(cancelled("go.micro.client", "call cancelled")));
}
