import type { FixedPath, HttpAnswer } from "@micro/gateway";

/** What readiness hangs on. */
export interface HealthParts {
  /** Begun to close, so that no further request is wanted. */
  draining(): boolean;
  /** The registry's name, whether it has ever told what there is, and whether it is in touch; absent without a registry. */
  readonly registry?: { readonly name: string; known(): boolean; inTouch(): boolean };
}

/**
 * `/health/live`: 200 as long as the process answers at all; restarting it helps with nothing that this could tell.
 * `/health/ready`: 200 when requests are welcome, else 503 with the reasons. A registry that goes out of touch later on
 * is told with a 200: the services known so far are called as before, and nobody would be left if every gateway stepped
 * aside at once.
 */
export function healthPaths({ draining, registry }: HealthParts): FixedPath[] {
  return [
    { path: "/health/live", answer: () => json(200, { status: "ok" }) },
    {
      path: "/health/ready",
      answer() {
        const reasons: string[] = [];
        if (draining()) reasons.push("the gateway is closing");
        if (registry && !registry.known()) reasons.push(`registry ${registry.name} has not answered yet`);
        if (reasons.length > 0) return json(503, { status: "unavailable", reasons });
        if (!registry || registry.inTouch()) return json(200, { status: "ok" });
        return json(200, { status: "degraded", reasons: [`registry ${registry.name} is out of touch`] });
      },
    },
  ];
}

function json(status: number, value: object): HttpAnswer {
  const headers = [
    ["content-type", "application/json"],
    ["cache-control", "no-store"],
  ] as const;
  return { status, headers, body: JSON.stringify(value) };
}
