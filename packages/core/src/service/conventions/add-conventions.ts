import type { Handlers } from "../../server/handler.ts";
import type { Server } from "../../server/server.ts";
import type { ServiceDescription } from "../../words/description.ts";
import type { Logger } from "../../words/logger.ts";
import { Debug } from "../gen/debug.ts";
import { Health } from "../gen/grpc_health_v1.ts";
import { ServerReflection } from "../gen/grpc_reflection_v1.ts";
import { ServerReflection as ServerReflectionV1alpha } from "../gen/grpc_reflection_v1alpha.ts";
import type { ServiceContext } from "../service.ts";
import { healthHandler } from "./health.ts";
import { reflectionHandler } from "./reflection.ts";
import type { ServiceState } from "./state.ts";

/** A service that the program handles. */
export interface HandledService {
  readonly description: Pick<ServiceDescription, "name" | "fullName" | "files">;
  /** Served, but told to nobody. */
  readonly internal: boolean;
}

export interface ConventionParts {
  readonly server: Pick<Server<ServiceContext>, "handle">;
  /** The registry's name of the service. */
  readonly service: string;
  readonly handled: readonly HandledService[];
  readonly state: ServiceState;
  readonly debug: Handlers<(typeof Debug)["methods"], ServiceContext>;
  /** Tells callers which services there are and what their messages look like. */
  readonly reflection: boolean;
  readonly logger: Logger;
}

/**
 * Adds what tools expect of every server: go-micro's `Debug`, gRPC's health, and its reflection where it is asked for. A
 * handler of the program that has one of these names stays, and ours is left out.
 */
export function addConventions({ server, service, handled, state, debug, reflection, logger }: ConventionParts): void {
  const described = handled.filter(({ internal }) => !internal).map(({ description }) => description);

  if (isFree(Debug)) server.handle(Debug, debug, { internal: true });
  if (isFree(Health)) {
    const handlers = handled.flatMap(({ description }) => [description.fullName, description.name]);
    server.handle(Health, healthHandler({ service, handlers, state }), { internal: true });
    described.push(Health);
  }
  if (reflection && isFree(ServerReflection)) {
    described.push(ServerReflection, ServerReflectionV1alpha);
    const handlers = reflectionHandler({ service, described, state, logger });
    // Calls are found by handler and method whatever the package is, so that v1alpha arrives here too.
    server.handle(ServerReflection, handlers, { internal: true });
  }

  function isFree({ name, fullName }: { name: string; fullName: string }): boolean {
    const own = handled.find(({ description }) => description.name === name)?.description;
    if (own) logger.info(`${fullName} is not added: the program's ${own.fullName} has the handler name ${name}`);
    return own === undefined;
  }
}
