import type { MicroError, OutgoingCall } from "@micro/core";
import type { Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import { callCancelled, deadlineExceeded, lost } from "./failures.ts";
import { type Exchange, openExchange, type Pipe } from "./pipe.ts";
import { type ProbeOptions, watchOver } from "./probe.ts";
import type { ReplyParts } from "./served-call.ts";

/** What a caller needs for a call to one address. */
export interface CallerParts {
  readonly network: Network;
  readonly node: FleetNode;
  readonly address: string;
  /** The connection, opened if need be. */
  connect(): Pipe | Promise<Pipe>;
  /** When a silent server is asked whether it is still there. */
  readonly probe: ProbeOptions;
  /** Names the next call for the trace. */
  nextId(): string;
  /** Lets time go on until a stream has ended, where nobody else does; rejects when that takes for ever. */
  readonly drive?: ((what: string, ended: Promise<void>) => Promise<void>) | undefined;
}

/** The caller's side of a call. */
export interface CallerSide {
  readonly over: boolean;
  /** What came along with a message. */
  hear(parts: ReplyParts): void;
  /** The answer has come; without an error it is a good one. */
  end(error?: MicroError): void;
  /** Gives up; the server is told. */
  cancel(error?: MicroError): void;
}

export interface CallerEvents {
  /** There is a connection; the call may be sent. `leftMs` is the time it has, and `onCancel` what giving up does at the server. */
  onOpen(exchange: Exchange, leftMs: number, onCancel: (atServer: () => void) => void): void;
  /** Told once; without an error the call ended well. */
  onEnd(error: MicroError | undefined): void;
}

/** Watches over a call from its beginning: connection, deadline, signal. Throws what ends it before it begins. */
export function beginCall(parts: CallerParts, call: OutgoingCall, events: CallerEvents): CallerSide {
  const { network, node, address } = parts;
  const { deadline, signal, target } = call;
  if (signal?.aborted) throw callCancelled();
  if (deadline <= node.clock.now()) throw deadlineExceeded(target, address);
  const connecting = parts.connect();
  let over = false;
  let exchange: Exchange | undefined;
  const atServer: (() => void)[] = [];
  const leftMs = deadline - node.clock.now();
  const stopTimer =
    leftMs < 2 ** 31 ? node.clock.after(leftMs, () => cancel(deadlineExceeded(target, address))) : undefined;
  const onAbort = (): void => cancel(callCancelled());
  signal?.addEventListener("abort", onAbort, { once: true });

  function end(error?: MicroError): void {
    if (over) return;
    over = true;
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
    exchange?.pipe.exchanges.delete(exchange);
    events.onEnd(error);
  }

  function cancel(error?: MicroError): void {
    if (over) return;
    end(error);
    exchange?.toServer("cancel", () => {
      for (const tell of atServer) tell();
    });
  }

  function open(pipe: Pipe): void {
    if (over) return;
    const opened = openExchange(network, pipe, parts.nextId(), (why) => end(lost(address, why, false)));
    exchange = opened;
    pipe.exchanges.add(opened);
    watchOver(network, pipe, parts.probe);
    events.onOpen(opened, deadline - node.clock.now(), (tell) => {
      atServer.push(tell);
      opened.onServerLost.push(tell);
    });
  }

  if (connecting instanceof Promise) connecting.then(open, (reason: MicroError) => end(reason));
  else open(connecting);
  return {
    get over() {
      return over;
    },
    hear({ headers, trailers }) {
      if (over) return;
      if (headers) call.onHeaders?.(headers);
      if (trailers) call.onTrailers?.(trailers);
    },
    end,
    cancel,
  };
}
