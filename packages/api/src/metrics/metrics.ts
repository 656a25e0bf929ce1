import type { Route } from "@micro/gateway";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Extension } from "../extension.ts";
import { type RouteLabels, routeLabels } from "./route-labels.ts";

/**
 * `/metrics` in Prometheus' text format: requests and how long until their answers began, by service, endpoint, handler and
 * status; requests in flight; calls and retries of the client; and prom-client's figures about the process, the lag of
 * the event loop among them.
 *
 * Labels are bounded: what stands in a path can be anything, so only endpoints that the registry shows get their names, 1,000 of
 * them at most; all others are `other`, and paths that the gateway answers itself have no service.
 */
export function metrics(): Extension {
  return (gateway) => {
    const register = new Registry();
    const registers = [register];
    collectDefaultMetrics({ register });

    const labelNames = ["service", "endpoint", "handler"] as const;
    const requests = new Counter({
      name: "micro_api_requests_total",
      help: "Requests answered.",
      labelNames: [...labelNames, "status"],
      registers,
    });
    const seconds = new Histogram({
      name: "micro_api_request_duration_seconds",
      help: "From the head of a request to the beginning of its answer.",
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    const total = (name: string, help: string, value: () => number): Counter =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    gauge("micro_api_requests_in_flight", "Requests being answered.", gateway.inFlight);
    gauge("micro_api_services", "Services that the registry knows.", () => gateway.services().length);
    total("micro_client_calls_total", "Calls begun.", () => gateway.client.stats().calls);
    total("micro_client_retries_total", "Attempts after the first of a call.", () => gateway.client.stats().retries);

    const labelsOf = routeLabels((route: Route) => gateway.knows(route));

    return {
      stages: [
        async (request, next) => {
          const began = performance.now();
          const answer = await next();
          const labels: RouteLabels = labelsOf(request.route);
          requests.inc({ ...labels, status: answer.taken ? 101 : answer.status });
          seconds.observe(labels, (performance.now() - began) / 1_000);
          return answer;
        },
      ],
      adminPaths: [
        {
          path: "/metrics",
          answer: async () => ({
            status: 200,
            headers: [
              ["content-type", register.contentType],
              ["cache-control", "no-store"],
            ],
            body: await register.metrics(),
          }),
        },
      ],
      close: async () => register.clear(),
    };
  };
}
