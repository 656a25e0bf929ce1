import type { Broker } from "@micro/core";
import type { Patience } from "../patience.ts";

/** How to reach one broker backend, and what it honestly cannot do. */
export interface BrokerHarness extends Patience {
  /**
   * A broker on the backend, independent of those opened before as another process's would be. The cases close what they
   * open. Topics are never used twice.
   */
  open(): Broker | Promise<Broker>;
  /** Resolves when every publisher knows of the subscriptions that stand. @default at once */
  settle?(): Promise<void>;
  /** How many messages the backend holds at most for one subscription that handles none before publishing waits; undefined when it never waits. */
  holdsAtMost: number | undefined;
  /** The largest body that can be published; undefined when there is no limit. */
  maxMessageBytes: number | undefined;
  /** What is not acknowledged is delivered again. @default true */
  redelivers?: boolean;
  /** Publishing to a topic that nobody subscribed to is taken. @default true */
  takesUnheard?: boolean;
}
