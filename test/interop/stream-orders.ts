/** What a program does with a stream, one step after the other. */
export type StreamStep<Request = unknown> =
  /** Sends it so often, parts with numbers that count up, and waits `ms` after each. */
  | { readonly do: "send"; readonly body: Request; readonly count?: number; readonly ms?: number }
  | { readonly do: "receive"; readonly count?: number }
  /** Receives until the stream is over. */
  | { readonly do: "drain" }
  /** Says that no more is sent. go-micro's clients cannot. */
  | { readonly do: "halfClose" }
  | { readonly do: "cancel" }
  | { readonly do: "close" }
  /** Does nothing until the test says so. */
  | { readonly do: "rest"; readonly until: Promise<unknown> };

/** The same for a Go program, which rests until it is told to resume what has this key. */
export type GoStreamStep = Exclude<StreamStep, { do: "rest" }> | { readonly do: "rest"; readonly key: string };

/** One stream for the Go peer to lead; what is left out is left to go-micro. */
export interface GoStreamOrder {
  service: string;
  endpoint: string;
  contentType?: string;
  metadata?: Record<string, string>;
  address?: readonly string[];
  /** A deadline of Go's context. */
  deadlineMs?: number;
  /** go-micro's option, which becomes a header. */
  streamTimeoutMs?: number;
  /** The message with which mucp opens a stream, as proto3 JSON; an empty one unless given. */
  opening?: unknown;
  /** By grpc-go alone, to the first of `address`. */
  bare?: boolean;
  /** Bodies are proto3 JSON. */
  steps: readonly GoStreamStep[];
}

/** What a Go program sees of a stream. */
export interface GoStreamOutcome {
  readonly received: readonly unknown[];
  /** True when it read to a good end. */
  readonly ended: boolean;
  /** Set when go-micro's error was in what the stream ended with. */
  readonly error?: { id?: string; code?: number; detail?: string; status?: string };
  readonly text?: string;
  /** gRPC's status. */
  readonly code: number;
  /** How many messages go-micro took. */
  readonly sent: number;
  /** True when a step took longer than 20 seconds. */
  readonly stuck: boolean;
}
