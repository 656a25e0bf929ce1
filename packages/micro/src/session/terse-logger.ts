import { type Logger, type LogLevel, logLevels } from "@micro/core";

/** A logger for a command that people run: a line a message on standard error, without time and file. */
export function terseLogger(level: LogLevel, write: (text: string) => void): Logger {
  const shared = { level };
  const at =
    (own: LogLevel) =>
    (first: string | object, second?: string): void => {
      if (logLevels.indexOf(own) < logLevels.indexOf(shared.level)) return;
      write(`micro: ${own}: ${typeof first === "string" ? first : (second ?? String(first))}\n`);
    };
  const logger: Logger = {
    get level() {
      return shared.level;
    },
    set level(next) {
      shared.level = next;
    },
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => logger,
    flush: async () => undefined,
  };
  return logger;
}
