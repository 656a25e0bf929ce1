import type { Handlers } from "../../server/handler.ts";
import { MicroError, notFound } from "../../words/errors.ts";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc_health_v1.ts";
import type { ServiceContext } from "../service.ts";
import { phases, type ServicePhase, type ServiceState } from "./state.ts";

export interface HealthParts {
  /** The registry's name of the service, which raises its errors. */
  readonly service: string;
  /** What may be asked about besides the service and the empty name: handlers, with and without their proto package. */
  readonly handlers: readonly string[];
  readonly state: ServiceState;
}

// The protocol's own bound on what List answers.
const mostListed = 100;

/** Answers `grpc.health.v1.Health`. All names share one status, since a service starts and leaves as a whole. */
export function healthHandler({
  service,
  handlers,
  state,
}: HealthParts): Handlers<(typeof Health)["methods"], ServiceContext> {
  const known = new Set(["", service, ...handlers]);

  return {
    check({ service: asked }) {
      if (!known.has(asked)) {
        const names = [...known].filter((name) => name !== "").join(", ");
        throw notFound(service, `no service "${asked}" is served here; known are ${names} and the empty name`);
      }
      return { status: statusIn(state.phase) };
    },
    list() {
      if (known.size > mostListed) {
        throw new MicroError(service, 429, `${known.size} names are served here, and a list has ${mostListed} at most`);
      }
      const status = statusIn(state.phase);
      return { statuses: Object.fromEntries([...known].map((name) => [name, { status }])) };
    },
    async *watch({ service: asked }, { signal }) {
      let told: number | undefined;
      for await (const phase of phases(state, signal)) {
        const status = known.has(asked) ? statusIn(phase) : Status.SERVICE_UNKNOWN;
        if (status !== told) yield { status };
        told = status;
      }
    },
  };
}

function statusIn(phase: ServicePhase): number {
  return phase === "serving" ? Status.SERVING : Status.NOT_SERVING;
}
