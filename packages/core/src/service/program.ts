import { MicroError } from "../words/errors.ts";
import type { Logger } from "../words/logger.ts";
import { ConfigError } from "../words/plugin.ts";
import type { Life } from "./life.ts";
import { untilSignal } from "./signals.ts";

export interface ProgramParts extends Life {
  readonly name: string;
  readonly logger: Logger;
  /** What `--help` writes when it is among the arguments. */
  readonly help: string | undefined;
  /** What must be there for a task that only calls. */
  open(): Promise<void>;
}

/** A process that is this service and nothing else: it writes its help, tells its mistakes in a line and sets the exit code. */
export interface Program {
  run(): Promise<void>;
  runOnce(task: () => Promise<void>): Promise<void>;
}

export function program({ name, logger, help, open, start, stop }: ProgramParts): Program {
  async function reported(work: () => Promise<void>): Promise<void> {
    try {
      if (help !== undefined) process.stdout.write(help);
      else await work();
    } catch (reason) {
      await stop().catch((failure: unknown) => logger.error({ err: failure }, `stopping ${name} failed`));
      if (!(reason instanceof ConfigError || reason instanceof MicroError)) throw reason;
      process.stderr.write(`${name}: ${reason instanceof MicroError ? reason.detail : reason.message}\n`);
      process.exitCode = reason instanceof ConfigError ? 2 : 1;
    }
  }

  return {
    run: () =>
      reported(async () => {
        const signalled = untilSignal();
        await start();
        logger.info(`Received signal ${await signalled}, stopping ${name}`);
        await stop();
      }),
    runOnce: (task) =>
      reported(async () => {
        await open();
        await task();
        await stop();
      }),
  };
}
