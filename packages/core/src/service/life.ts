import { sleep } from "../words/clock.ts";
import { closeOnce, closeStack } from "../words/lifecycle.ts";
import { type Announcement, announce } from "./announce.ts";
import { addConventions, type HandledService } from "./conventions/add-conventions.ts";
import { serviceState } from "./conventions/state.ts";
import { debugHandler } from "./debug/handler.ts";
import type { ServiceOptions } from "./service-options.ts";
import type { Settings } from "./settings.ts";
import type { Wiring } from "./wiring.ts";

/** How a service comes up and goes down; each of the two at most once. */
export interface Life {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The life of a service of these parts. `handled` is what the program handles by the time of the start. */
export function serviceLife(
  wiring: Wiring,
  options: ServiceOptions,
  settings: Settings,
  handled: readonly HandledService[],
): Life {
  const { name, clock, logger, registry, messages, server, parts } = wiring;
  const { values } = settings;
  const state = serviceState();
  let announcement: Announcement | undefined;
  let leaveLocal: (() => void) | undefined;

  async function start(): Promise<void> {
    if (settings.problem) throw settings.problem;
    await registry.open();
    for (const warning of settings.warnings) logger.warn(warning);
    logger.info(`Starting [service] ${name}`);
    await options.hooks?.beforeStart?.();
    addOwnHandlers();
    await server.start();
    // Before anybody can find the node, who may ask at once whether it serves.
    state.enter("serving");
    for (const { id } of server.record().nodes) leaveLocal = wiring.local?.add(id, server.local);
    const { ttlMs, intervalMs } = settings;
    const record = messages.announced(server.record());
    announcement = announce({ registry, record, ttlMs, intervalMs, check: options.registerCheck, clock, logger });
    await announcement.tried;
    await messages.start();
    await options.hooks?.afterStart?.();
  }

  /** What every service answers besides what the program handles. */
  function addOwnHandlers(): void {
    const { log, tracer, calls } = wiring;
    const debug = parts.use(
      debugHandler({ now: clock.now, calls: server.calls, log, tracer, state, known: calls.known }),
    );
    const reflection = values.grpc_reflection ?? options.reflection ?? false;
    addConventions({ server, service: name, handled, state, debug: debug.handlers, reflection, logger });
  }

  async function stop(): Promise<void> {
    // Each step runs whatever became of the one before it; what failed comes back at the end.
    const ending = closeStack();
    ending.defer(() => options.hooks?.afterStop?.());
    ending.defer(() => logger.flush());
    ending.use(parts);
    ending.use(server);
    ending.defer(() => leaveLocal?.());
    if (announcement) ending.defer(leave);
    ending.defer(() => options.hooks?.beforeStop?.());
    await ending.close();
  }

  /** Out of the registry first, then out of callers' lists, then done with what they had begun. */
  async function leave(): Promise<void> {
    state.enter("draining");
    const deregistered = announcement?.stop();
    await Promise.allSettled([deregistered]);
    await sleep(clock, options.noticeMs ?? 500);
    state.enter("ending");
    leaveLocal?.();
    const timeoutMs = values.drain_timeout ?? options.drainTimeoutMs ?? 8_000;
    const unsubscribed = messages.stop();
    const cutOff = await server.drain(timeoutMs);
    await Promise.race([unsubscribed, sleep(clock, timeoutMs, undefined, { background: true })]);
    if (cutOff > 0) logger.warn(`${cutOff} calls were still running after ${timeoutMs} ms and are cut off`);
    await deregistered;
  }

  return { start, stop: closeOnce(stop) };
}
