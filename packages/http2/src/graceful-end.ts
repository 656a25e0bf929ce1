import type { Role } from "./connection.ts";
import { ErrorCode } from "./errors.ts";
import type { Sender } from "./sender.ts";

// The id that a server names in the first step: all streams there can be.
export const lastPossibleId = 0x7fff_ffff;
// How long a peer may take to see the first step: beyond a second it is not the way that is long.
const drainStepMs = 1000;

/** What a graceful end needs of its connection. */
export interface EndingHost {
  readonly role: Role;
  readonly closed: boolean;
  /** The highest stream that either side has begun. */
  readonly lastStreamId: number;
  /** Streams that are open or wait to be. */
  readonly unfinishedStreams: number;
  readonly sender: Pick<Sender, "goaway">;
  ping(answered: () => void): void;
  after(ms: number, action: () => void): () => void;
  /** Nothing is left to be done. */
  ended(): void;
}

/**
 * The end of a connection that loses no request: RFC 9113 §6.8. A server announces it, waits for what is on its way, then
 * names the last stream that it takes; a client just begins no more. Either ends with its last stream.
 */
export class GracefulEnd {
  /** No further request is begun here. */
  begun = false;
  /** The last stream that the peer may begin. */
  lastAccepted: number = lastPossibleId;
  private readonly host: EndingHost;
  private cancelStep: (() => void) | undefined = undefined;

  constructor(host: EndingHost) {
    this.host = host;
  }

  begin(): void {
    const { host } = this;
    if (this.begun || host.closed) return;
    this.begun = true;
    if (host.role === "client") {
      this.endWhenEmpty();
      return;
    }
    host.sender.goaway(lastPossibleId, ErrorCode.NO_ERROR, "");
    host.ping(() => this.takeNoMore());
    this.cancelStep = host.after(drainStepMs, () => this.takeNoMore());
  }

  /** The second step of a server. */
  private takeNoMore(): void {
    const { host } = this;
    if (host.closed) return;
    this.cancelStep?.();
    if (this.lastAccepted === lastPossibleId) {
      this.lastAccepted = host.lastStreamId;
      host.sender.goaway(this.lastAccepted, ErrorCode.NO_ERROR, "");
    }
    this.endWhenEmpty();
  }

  /** To be asked whenever a stream has ended. */
  endWhenEmpty(): void {
    const { host } = this;
    if (!this.begun || host.unfinishedStreams > 0) return;
    // A server that has only announced its end must still take what is on its way.
    if (host.role === "server" && this.lastAccepted === lastPossibleId) return;
    if (host.role === "client" && !host.closed) host.sender.goaway(0, ErrorCode.NO_ERROR, "");
    host.ended();
  }

  /** The connection is gone. */
  stop(): void {
    this.cancelStep?.();
  }
}
