import type { Client, Clock, Logger } from "@micro/core";
import type { DeclaredRoute, FixedPath, GatewayRequest, LiveService, Route, Stage } from "@micro/gateway";

/** What an extension may know of its gateway. */
export interface GatewayView {
  /** What the names of the services it reaches begin with, `go.micro.api`; with the namespace `domain` for hosts that tell none. */
  readonly prefix: string;
  /** The same for one request. Throws 400 for a Host that is no host's name, with the namespace `domain`. */
  prefixOf(request: Pick<GatewayRequest, "headers">): string;
  /** How paths become names, and how requests become calls. */
  readonly resolver: string;
  readonly handler: string;
  /** What `GET /` tells. */
  readonly version: string;
  readonly client: Client;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The services that the registry knows now, by name; none without a registry. */
  services(): readonly LiveService[];
  /** Whether the registry shows that endpoint; a name in a path alone may be anything. */
  knows(route: Route): boolean;
  /** The declared routes in force, in the order in which they are tried: all, or those that hold for the host of a request. */
  declaredRoutes(request?: Pick<GatewayRequest, "headers">): readonly DeclaredRoute[];
  /** Whether the gateway answers that clean path itself. */
  isFixed(path: string): boolean;
  /** How many requests are being answered. */
  inFlight(): number;
  /** The address a request comes from: of its peer, or what trusted proxies say of theirs. */
  clientAddress(request: Pick<GatewayRequest, "remoteAddress" | "headers">): string;
}

/** What an extension adds. The stages of one extension stand inside those of the ones before it. */
export interface ExtensionParts {
  /** Around every request. */
  readonly stages?: readonly Stage[];
  /** Around every request, inside the stages of all extensions: what must know what they found out. */
  readonly innerStages?: readonly Stage[];
  /** Around every request that goes to a service, when it is known to which. */
  readonly routedStages?: readonly Stage[];
  readonly fixedPaths?: readonly FixedPath[];
  /** Paths for those who run the gateway; they are served at `adminAddress` alone when there is one. */
  readonly adminPaths?: readonly FixedPath[];
  /** Called before the gateway listens; a rejection keeps it from starting. */
  start?(): Promise<void>;
  /** Called when the last request is answered. */
  close?(): Promise<void>;
}

/** Something that a gateway can do besides calling services: metrics, CORS, authentication … */
export type Extension = (gateway: GatewayView) => ExtensionParts;
