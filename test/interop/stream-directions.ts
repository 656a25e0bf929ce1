import { type ErrorFields, type MessageType, MicroError, metadata, type Service } from "@micro/core";
import type { Direction } from "./directions.ts";
import { type Fleet, uniqueName } from "./fleet.ts";
import type { GoPeer } from "./go-peer.ts";
import { type Course, Streams } from "./src/gen/stream.ts";
import type { GoStreamOrder, GoStreamStep, StreamStep } from "./stream-orders.ts";
import { requestQueue } from "./stream-queue.ts";

type Methods = (typeof Streams)["methods"];
export type StreamMethod = Exclude<keyof Methods, "recall">;
type RequestOf<M extends StreamMethod> = Parameters<Methods[M]["request"]["encode"]>[0];
type ReplyOf<M extends StreamMethod> = ReturnType<Methods[M]["response"]["decode"]>;

export interface StreamSettings {
  readonly contentType?: string;
  readonly metadata?: Record<string, string>;
  readonly timeoutMs?: number;
  /** Cancels the stream; a Go program's outcome is lost with it. */
  readonly signal?: AbortSignal;
  /** What opens the stream; go-micro's mucp server takes it for the first message under gRPC's content types. */
  readonly opening?: unknown;
}

/** What the calling program sees of a stream. */
export interface StreamOutcome<M extends StreamMethod = StreamMethod> {
  readonly received: readonly ReplyOf<M>[];
  /** True when it was read to a good end. */
  readonly ended: boolean;
  /** The error that ended it instead, where it is one of the framework's. */
  readonly error: ErrorFields | undefined;
  /** The words of whatever ended it badly. */
  readonly text: string;
  /** How many messages could be sent. */
  readonly sent: number;
  /** True when a step took longer than 20 seconds. */
  readonly stuck: boolean;
}

/** Leads a stream the way a program in one of the two languages does. */
export type Leader = <M extends StreamMethod>(
  method: M,
  steps: readonly StreamStep<RequestOf<M>>[],
  settings?: StreamSettings,
) => Promise<StreamOutcome<M>>;

export function leaderFor(direction: Direction, { go, goName, ours, ourName }: Fleet): Leader {
  const service = direction === "go → ts" ? ourName : goName;
  return direction === "ts → go" ? oursLeads(ours, service) : goLeads(go, service);
}

/** Asks the side that answers in a direction what has become of the streams of a key. */
export function recallerFor(direction: Direction, { goName, ours, ourName }: Fleet): (key: string) => Promise<Course> {
  const { recall } = ours.client(Streams, direction === "go → ts" ? ourName : goName);
  return (key) => recall({ key });
}

export function goLeads(go: GoPeer, service: string, further: Partial<GoStreamOrder> = {}): Leader {
  return async (method, steps, { timeoutMs, opening, signal, ...settings } = {}) => {
    const { name, request: type, response } = Streams.methods[method];
    const request = type as MessageType<never>;
    const written = steps.map((step) => goStep(go, request, step));
    const { received, ended, error, text, sent, stuck } = await go.stream(
      {
        service,
        endpoint: `Streams.${name}`,
        steps: written,
        ...(opening !== undefined && { opening: request.toJson(opening as never) }),
        ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
        ...settings,
        ...further,
      },
      signal,
    );
    return {
      received: received.map((reply) => response.fromJson(reply) as never),
      ended,
      error: error && { id: "", code: 0, detail: "", status: "", ...error },
      text: text ?? "",
      sent,
      stuck,
    };
  };
}

export function oursLeads(ours: Pick<Service, "rawClient">, service: string): Leader {
  return async (method, steps, { contentType, metadata: headers, timeoutMs, signal } = {}) => {
    const { name, kind, request, response } = Streams.methods[method];
    const call = ours.rawClient.prepareStream<unknown, unknown>({
      service,
      endpoint: `Streams.${name}`,
      kind,
      request: request as MessageType,
      response: response as MessageType,
      ...(contentType && { contentType }),
    });
    const giveUp = new AbortController();
    const requests = requestQueue();
    const replies = call(requests.all, {
      signal: signal ? AbortSignal.any([giveUp.signal, signal]) : giveUp.signal,
      ...(headers && { metadata: metadata(headers) }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })[Symbol.asyncIterator]();
    // Asking for the first reply is what begins the call.
    let pending: Promise<IteratorResult<unknown>> | undefined = replies.next();
    pending.catch(() => undefined); // told to whoever receives
    const received: never[] = [];
    let ended = false;
    let sent = 0;
    let closed = false;

    /** False when the stream is over. */
    async function receive(): Promise<boolean> {
      const next = pending ?? replies.next();
      pending = undefined;
      const { done, value } = await next;
      if (done) ended = true;
      else received.push(value as never);
      return !done;
    }

    async function take(step: StreamStep): Promise<boolean> {
      switch (step.do) {
        case "send":
          for (let count = 0; count < (step.count ?? 1); count++) {
            if (await requests.send(count === 0 ? step.body : countedUp(step.body, count))) sent++;
            if (step.ms) await new Promise((resolve) => setTimeout(resolve, step.ms));
          }
          // Whoever has one request to send does not leave its end open.
          if (kind === "server-stream") requests.end();
          return true;
        case "receive":
          for (let count = 0; count < (step.count ?? 1); count++) if (!(await receive())) return false;
          return true;
        case "drain":
          while (await receive());
          return false;
        case "halfClose":
          requests.end();
          return true;
        case "cancel":
          giveUp.abort();
          return true;
        case "close":
          closed = true;
          await replies.return?.();
          return true;
        case "rest":
          await step.until;
          return true;
      }
    }

    const outcome = { received, error: undefined, text: "", stuck: false };
    try {
      for (const step of steps) {
        const goesOn = await Promise.race([take(step), patience()]);
        if (goesOn === "stuck") return { ...outcome, ended, sent, stuck: true };
        if (!goesOn) break;
      }
      return { ...outcome, ended, sent };
    } catch (reason) {
      if (!(reason instanceof MicroError)) throw reason;
      const { id, code, detail, status } = reason;
      return { ...outcome, ended, sent, error: { id, code, detail, status }, text: reason.message };
    } finally {
      // Leaving a stream is to be enough; one that the steps have not left is given up.
      if (!closed) giveUp.abort();
      requests.end();
    }
  };
}

function goStep(go: GoPeer, request: MessageType<never>, step: StreamStep): GoStreamStep {
  if (step.do === "send") return { ...step, body: request.toJson(step.body as never) };
  if (step.do !== "rest") return step;
  const key = uniqueName("rest");
  const resume = (): Promise<unknown> => go.order("/stream/resume", { key });
  void step.until.then(resume, resume);
  return { do: "rest", key };
}

function countedUp(body: unknown, count: number): unknown {
  const { number = 0, ...rest } = body as { number?: number };
  return { ...rest, number: number + count };
}

function patience(): Promise<"stuck"> {
  return new Promise((resolve) => setTimeout(resolve, 20_000, "stuck" as const).unref());
}
