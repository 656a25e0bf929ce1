import type { TlsOptions } from "node:tls";
import type { SubscriberMiddleware } from "../broker/subscriber.ts";
import type { ClientMiddleware, ClientOptions, ClientStreamMiddleware } from "../client/create-client.ts";
import type { HedgeOptions } from "../client/hedge.ts";
import type { RetryBudgetOptions } from "../client/retry-budget.ts";
import type { CodecTable } from "../codec/codecs.ts";
import type { ClientTls, Compression, Protocol, ServerKeepalive } from "../protocol/protocol.ts";
import type { OutlierOptions } from "../selector/outliers.ts";
import type { Selector, Strategy } from "../selector/selector.ts";
import type { ServerOptions } from "../server/create-server.ts";
import type { ServerMiddleware } from "../server/handler.ts";
import type { Clock } from "../words/clock.ts";
import type { Logger } from "../words/logger.ts";
import type { Plugin } from "../words/plugin.ts";
import type { SelectorParts } from "./calling.ts";
import type { Flag } from "./flags.ts";
import type { LocalCalls } from "./local-calls.ts";
import type { RegisterCheck } from "./register-check.ts";
import type { ServiceContext, SubscriberContext } from "./service.ts";

/** What the program says about its service. Flags and environment go before each of these where there is one. */
export interface ServiceOptions<F extends readonly Flag[] = readonly Flag[]> {
  /** The registry's name, `go.micro.srv.user`. Flag `--server_name`. */
  name: string;
  /** @default "latest" */
  version?: string;
  /** Implementations besides the built-in ones (mdns, memory), chosen by flags such as `--registry`. @default [] */
  plugins?: readonly Plugin[];
  /** Where to listen. Flag `--server_address`. @default ":0" */
  address?: string;
  /** What the registry is told instead. Flag `--server_advertise`. */
  advertise?: string;
  /** Metadata of the node. Flag `--server_metadata` replaces it. */
  metadata?: Readonly<Record<string, string>>;
  /** The registry to use. Flag `--registry`. @default "mdns" */
  registry?: string;
  /** How long a registration lives, in milliseconds, rounded up to seconds; 0 for ever. @default 60000 */
  registerTtlMs?: number;
  /** How often it is renewed, in milliseconds. @default half the ttl, 30000 at most */
  registerIntervalMs?: number;
  /** How long callers are given to notice that the node is leaving before it takes no more calls, in milliseconds. @default 500 */
  noticeMs?: number;
  /** How long calls in flight may take when the service stops, in milliseconds. Flag `--drain_timeout`. @default 8000 */
  drainTimeoutMs?: number;
  /**
   * Run before each registration and each renewal, with a signal that is aborted when the service stops or the check takes
   * over ten seconds. While it throws the node is not in the registry: not put there, or taken out.
   * @default no check
   */
  registerCheck?: RegisterCheck;
  /**
   * What is spoken, in place of the built-in protocols: the registry is told the first, and the client speaks them all.
   * `--server` and `--client` then choose among these by name; `--transport` and `--grpc_engine` have no effect.
   * @default gRPC and mucp
   */
  protocols?: readonly Protocol[];
  /** Opens the server's port, in place of one of this machine's network: for tests that have a network of their own. */
  listen?: ServerOptions["listen"];
  /** How values become bytes, by content type: for calls, both ways, and for messages. @default protobuf, JSON and bytes */
  codecs?: CodecTable;
  /**
   * What becomes of JSON requests with a field that their message does not have: `ignore` reads the rest, `refuse` answers 400 and
   * names the field. Replies and messages of topics are read over it always. With `codecs` of one's own it is theirs to
   * say: `jsonCodec({ unknownFields })`. @default "ignore"
   */
  unknownFields?: "ignore" | "refuse";
  /** Settings of the client. Its `protocol` is that of nodes which a call names by address; flag `--client`. */
  client?: Pick<
    ClientOptions,
    | "timeoutMs"
    | "retries"
    | "retry"
    | "backoff"
    | "poolSize"
    | "poolTtlMs"
    | "dialTimeoutMs"
    | "metadata"
    | "protocol"
    | "keepalive"
    | "compression"
  >;
  /** Makes the selector, which the service closes. Flag `--selector`, where it says where nodes are found. @default registrySelector over these parts */
  selector?: (parts: SelectorParts) => Selector;
  /** The order of nodes. Flag `--selector`. @default roundRobin */
  strategy?: Strategy;
  /** When nodes that answer, but do far worse than the others, are left out; `{}` for the defaults. @default never */
  outliers?: OutlierOptions;
  /** The most calls of this process at one node at once. @default no limit */
  nodeLimit?: number;
  /** Bounds retries and hedges of all calls together; `{}` for the defaults. @default no bound but `retries` */
  retryBudget?: Omit<RetryBudgetOptions, "clock" | "onRefused">;
  /** Asks a second node where the first takes long and the call may run twice; `{}` for the defaults. @default never */
  hedge?: Omit<HedgeOptions, "clock" | "budget" | "onHedge">;
  /**
   * A call of a node that runs in this very process needs no wire: `chosen` leaves the choice of the node as it is,
   * `preferred` takes such a node whenever there is one, `never` always goes by the network.
   * @default "chosen"; "never" with `protocols` of one's own
   */
  localCalls?: LocalCalls;
  /** Around every unary call that the service makes, the first outermost. @default [] */
  clientMiddleware?: readonly ClientMiddleware[];
  /** Around every streaming call that the service makes, the first outermost. @default [] */
  clientStreamMiddleware?: readonly ClientStreamMiddleware[];
  /** What carries published messages. Flag `--broker`. @default "http" */
  broker?: string;
  /** Around every subscriber, the first outermost. @default [] */
  subscriberMiddleware?: readonly SubscriberMiddleware<SubscriberContext>[];
  /** Around every handler, those that stream too, the first outermost. @default [] */
  middleware?: readonly ServerMiddleware<ServiceContext>[];
  /** Serve TLS with this certificate and key. */
  tls?: TlsOptions;
  /** Speak TLS to the services that are called. */
  clientTls?: ClientTls;
  /** Largest message taken or sent, in bytes. @default 4 MiB */
  maxMessageBytes?: number;
  /** How connections of callers are kept alive and for how long; gRPC's alone. */
  keepalive?: ServerKeepalive;
  /** Compresses replies to callers that can read it; gRPC's alone. @default "identity" */
  compression?: Compression;
  /** Tell whoever asks by gRPC reflection which services there are and what their messages look like. Flag `--grpc_reflection`. @default false */
  reflection?: boolean;
  hooks?: Hooks;
  /**
   * Flags of the program's own, read together with those of every service; `service.flags` has their values. Written
   * `as const`, or in place, the values have the flags' types. @default []
   */
  flags?: F;
  /** @default one made by `--log_level` and `--log_format` */
  logger?: Logger;
  /** Arguments to read flags from. @default those of the process */
  argv?: readonly string[];
  /** @default the environment of the process */
  env?: Readonly<Record<string, string | undefined>>;
  /** @default systemClock */
  clock?: Clock;
}

/** Functions that run at the turns of a service's life. One before start that rejects ends the start. */
export interface Hooks {
  beforeStart?(): void | Promise<void>;
  afterStart?(): void | Promise<void>;
  beforeStop?(): void | Promise<void>;
  afterStop?(): void | Promise<void>;
}
