import { basename } from "node:path";
import { closeable } from "../words/lifecycle.ts";
import type { HandledService } from "./conventions/add-conventions.ts";
import { formatHelp } from "./flag-help.ts";
import type { Flag, SettledFlagValues } from "./flags.ts";
import { serviceLife } from "./life.ts";
import { program } from "./program.ts";
import type { Service } from "./service.ts";
import { serviceFlags } from "./service-flags.ts";
import type { ServiceOptions } from "./service-options.ts";
import { readSettings } from "./settings.ts";
import { wire } from "./wiring.ts";

export type { Hooks, ServiceOptions } from "./service-options.ts";

/** A service of this name; see `Service`. Opens nothing yet. */
export function createService<const F extends readonly Flag[] = readonly []>(options: ServiceOptions<F>): Service<F> {
  const command = basename(process.argv[1] ?? options.name);
  const settings = readSettings(options, command);
  const wiring = wire(options, settings);
  const { name, version, logger, registry, calls, messages, server } = wiring;
  const { client } = calls;
  const handled: HandledService[] = [];
  const { start, stop } = serviceLife(wiring, options, settings, handled);
  const summary = `${name}, a micro service.`;

  const service: Service<F> = {
    name,
    version,
    logger,
    args: settings.args,
    // Read by the table that the type comes from.
    flags: settings.own as SettledFlagValues<F>,
    rawClient: client,
    registry,
    get address() {
      return server.address;
    },
    handle(description, handlers, handleOptions) {
      server.handle(description, handlers, handleOptions);
      handled.push({ description, internal: handleOptions?.internal ?? false });
      return service;
    },
    client: (description, of) => client.of(description, of),
    subscribe(topic, subscriber, subscriberOptions) {
      messages.subscribe(topic, subscriber, subscriberOptions);
      return service;
    },
    publish: messages.publish,
    stats: () => ({ served: server.calls(), ...calls.stats() }),
    start,
    stop,
    ...program({
      name,
      logger,
      help: settings.help
        ? formatHelp([...(options.flags ?? []), ...serviceFlags], { program: command, summary })
        : undefined,
      start,
      stop,
      async open() {
        if (settings.problem) throw settings.problem;
        await registry.open();
      },
    }),
    ...closeable(stop),
  };
  return service;
}
