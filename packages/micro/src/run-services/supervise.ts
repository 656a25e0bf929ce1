import { backoffMs, type Clock, formatDuration, sleep } from "@micro/core";
import type { Changes } from "./changes.ts";
import type { Child, ChildEnd } from "./child.ts";
import type { Project } from "./projects.ts";

/** What watching over one service takes. */
export interface SuperviseParts {
  readonly clock: Clock;
  /** Undefined when changes do not matter. */
  readonly changes: Changes | undefined;
  readonly start: (script: string) => Child;
  /** Runs the script build; tells whether all went well. */
  readonly build: ((script: string) => Promise<boolean>) | undefined;
  readonly say: (text: string) => void;
  readonly stopTimeoutMs: number;
  /** Aborted when everything is to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when nobody wants to wait for it. */
  readonly hurry: AbortSignal;
}

/** How it came to its end: by itself with exit code 0 or with a mistake, because it was asked to stop, or because it had to be killed. */
export type Outcome = "done" | "failed" | "stopped" | "killed";

// A service that lived as long as this was well, and the pauses begin anew.
const wellAfterMs = 10_000;
const pauses = { baseMs: 1_000, maxMs: 30_000 };

/** Builds and runs one service until it is done or everything is to stop: started again after changes and crashes. */
export async function supervise(project: Project, parts: SuperviseParts): Promise<Outcome> {
  const { clock, say, stopping, stopTimeoutMs, hurry } = parts;
  const events = eventsOf(parts);
  let child: Child | undefined;
  let crashes = 0;
  for (;;) {
    const built = await build(project, parts);
    if (stopping.aborted) return (await child?.stop(stopTimeoutMs, hurry)) ?? "stopped";
    if (built) {
      await child?.stop(stopTimeoutMs, hurry);
      if (stopping.aborted) return "stopped";
      child = parts.start(project.start);
    } else say(child ? "does not build; the one before goes on" : "does not build; it waits for a change");

    const startedAt = clock.now();
    const event = await events.next(child);
    if (event === "stop") return (await child?.stop(stopTimeoutMs, hurry)) ?? "stopped";
    if ("file" in event) {
      crashes = 0;
      continue;
    }

    child = undefined;
    const { code } = event.end;
    if (code === 0 || code === 2) {
      const outcome = code === 0 ? "done" : "failed";
      say(code === 0 ? "is done" : `${endText(event.end)}, which another start would not change`);
      if (!parts.changes || (await events.next(undefined)) === "stop") return outcome;
      continue;
    }
    crashes = clock.now() - startedAt >= wellAfterMs ? 1 : crashes + 1;
    const pauseMs = backoffMs(crashes, pauses, () => 1);
    say(`${endText(event.end)}; it starts again in ${formatDuration(pauseMs)}`);
    if ((await events.next(undefined, pauseMs)) === "stop") return "stopped";
  }
}

/** Whether there is something new to start. */
async function build({ build: script }: Project, parts: SuperviseParts): Promise<boolean> {
  return script === undefined || !parts.build || (await parts.build(script));
}

type Event = "stop" | { readonly file: string } | { readonly end: ChildEnd };

/** What may happen to a service while nothing is done about it, one after another. */
function eventsOf({ clock, changes, stopping, say }: SuperviseParts) {
  const stop = new Promise<"stop">((resolve) => {
    if (stopping.aborted) resolve("stop");
    else stopping.addEventListener("abort", () => resolve("stop"), { once: true });
  });

  async function next(child: Child | undefined): Promise<Event>;
  async function next(child: undefined, pauseMs: number): Promise<Event | "rested">;
  async function next(child: Child | undefined, pauseMs?: number): Promise<Event | "rested"> {
    const over = new AbortController();
    const waits: Promise<Event | "rested">[] = [stop];
    if (child) waits.push(child.ended.then((end) => ({ end })));
    if (changes) waits.push(changes.next().then((file) => ({ file })));
    // The pause ends with the wait, by whatever comes first.
    if (pauseMs !== undefined)
      waits.push(
        sleep(clock, pauseMs, over.signal).then(
          () => "rested" as const,
          () => "rested" as const,
        ),
      );
    const event = await Promise.race(waits);
    over.abort();
    if (typeof event === "object" && "file" in event) {
      changes?.take();
      say(`${event.file} changed`);
    }
    return event;
  }
  return { next };
}

function endText({ code, signal }: ChildEnd): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
