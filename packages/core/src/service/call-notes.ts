import type { Retry } from "../client/call.ts";
import type { EndpointPlan } from "../client/client.ts";
import type { Clock } from "../words/clock.ts";
import { type Closeable, closeable, closeOnce } from "../words/lifecycle.ts";
import type { Logger } from "../words/logger.ts";
import { sparingly } from "../words/sparingly.ts";

/** Counts and logs what becomes of calls that the first attempt does not answer. */
export interface CallNotes extends Closeable {
  readonly counts: { readonly hedges: number; readonly refused: number };
  onRetry(retry: Retry): void;
  onHedge(plan: EndpointPlan): void;
  onRefused(): void;
}

/** One line a service and pause, since trouble with a service is trouble with all calls of it. */
export function callNotes(clock: Clock, logger: Logger): CallNotes {
  const infos = sparingly({ clock, write: (line) => logger.info(line) });
  const warnings = sparingly({ clock, write: (line) => logger.warn(line) });
  const counts = { hedges: 0, refused: 0 };
  return {
    counts,
    onRetry({ service, endpoint, attempt, error }) {
      infos.say(service, `${endpoint} of ${service} is tried again, attempt ${attempt}: ${error.code} ${error.detail}`);
    },
    onHedge({ service, endpoint }) {
      counts.hedges++;
      infos.say(`hedge ${service}`, `${endpoint} of ${service} takes long, a second node is asked`);
    },
    onRefused() {
      counts.refused++;
      warnings.say("budget", "the retry budget is spent: a call that failed or takes long is not tried elsewhere");
    },
    ...closeable(
      closeOnce(() => {
        infos.close();
        warnings.close();
      }),
    ),
  };
}
