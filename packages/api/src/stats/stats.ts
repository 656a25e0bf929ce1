import { monitorEventLoopDelay } from "node:perf_hooks";
import { type HttpAnswer, headerOf } from "@micro/gateway";
import type { Extension } from "../extension.ts";
import { statsPage } from "./stats-page.ts";
import { statusWindows } from "./status-windows.ts";

/**
 * `/stats`, as go-micro's toolkit has it: JSON for requests of type `application/json` (or that accept it and no HTML), else a
 * page. Unlike there each answer counts under the status it had. A WebSocket's handshake counts as `10x`.
 */
export function stats(): Extension {
  return ({ clock }) => {
    const startedMs = clock.now();
    const windows = statusWindows(clock);
    const delay = monitorEventLoopDelay({ resolution: 20 });

    const report = () => ({
      started: Math.floor(startedMs / 1_000),
      memory: `${(process.memoryUsage().rss / 1e6).toFixed(2)}mb`,
      // Go counts its threads; what keeps a Node process busy are the resources that it waits for.
      threads: process.getActiveResourcesInfo().length,
      gc_pause: "0ms",
      event_loop_delay: `${(delay.mean / 1e6 || 0).toFixed(3)}ms`,
      counters: windows.list(),
    });

    return {
      stages: [
        async (_request, next) => {
          const answer = await next();
          windows.add(answer.taken ? 101 : answer.status);
          return answer;
        },
      ],
      adminPaths: [
        {
          path: "/stats",
          answer(request): HttpAnswer {
            const accepted = headerOf(request, "accept") ?? "";
            const asJson =
              headerOf(request, "content-type") === "application/json" ||
              (accepted.includes("application/json") && !accepted.includes("text/html"));
            const [type, body] = asJson
              ? ["application/json", JSON.stringify(report())]
              : ["text/html; charset=utf-8", statsPage(report())];
            return {
              status: 200,
              headers: [
                ["content-type", type],
                ["cache-control", "no-store"],
              ],
              body,
            };
          },
        },
      ],
      start: async () => void delay.enable(),
      close: async () => void delay.disable(),
    };
  };
}
