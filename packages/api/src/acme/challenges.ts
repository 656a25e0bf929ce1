import type { Closeable } from "@micro/core";
import type { OwnHandshakes } from "../tls/own-handshakes.ts";

/** How an authority may convince itself that a name leads here. */
export const challengeTypes = ["http-01", "tls-alpn-01"] as const;
export type ChallengeType = (typeof challengeTypes)[number];

/** One question of the authority's. */
export interface Challenge {
  /** The name that it is about. */
  readonly host: string;
  readonly token: string;
  /** What convinces it, the key authorisation. */
  readonly answer: string;
}

/** Answers the authority's questions, of one type. */
export interface Challenges extends Closeable {
  readonly type: ChallengeType;
  /** Rejects with a `ConfigError` when it cannot listen. */
  start(): Promise<unknown>;
  put(challenge: Challenge): Promise<void> | void;
  remove(challenge: Omit<Challenge, "answer">): void;
  /** Where the questions come to the port that serves HTTPS. */
  readonly ownHandshakes?: OwnHandshakes;
}
