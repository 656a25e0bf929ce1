import type { ConnectionOptions } from "./connection.ts";
import { ACK, PING } from "./frames/frame.ts";
import { PingLedger } from "./ping-ledger.ts";
import { type PingPolicy, pingPolicy } from "./ping-policy.ts";
import type { Sender } from "./sender.ts";

/** The pings of a connection: ours, and the answers to the peer's. */
export class Pings {
  private readonly sender: Sender;
  private readonly ledger: PingLedger;
  private readonly policy: PingPolicy | undefined;

  constructor(sender: Sender, options: ConnectionOptions, now: () => number) {
    this.sender = sender;
    this.ledger = new PingLedger(now);
    this.policy = pingPolicy(options, now);
  }

  /** The shortest round trip seen, in milliseconds; 0 while none is known. */
  get roundTripMs(): number {
    return this.ledger.roundTripMs;
  }

  /** Counts a round trip that began at `sentAt`. */
  sample(sentAt: number): void {
    this.ledger.sample(sentAt);
  }

  /** Asks the peer; `answered` is called when it has answered. */
  send(answered: (() => void) | undefined): void {
    this.sender.control(PING, 0, 0, this.ledger.next(answered));
  }

  /** Takes a PING whose eight bytes begin at `at`. Throws a fault when the peer asks too often. */
  received(ack: boolean, chunk: Buffer, at: number, openStreams: number): void {
    if (ack) {
      this.ledger.answer(chunk, at);
      return;
    }
    this.policy?.ping(openStreams, this.sender.payloads);
    this.sender.reply(PING, ACK, 0, chunk.subarray(at, at + 8));
  }
}
