import { type Logger, type LogLevel, logLevels } from "@micro/core";

/** A logger that hands its lines on: `warn: calls were cut off`. */
export function lineLogger(write: (line: string) => void, level: LogLevel = "info"): Logger {
  const logger: Logger = {
    level,
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => logger,
    flush: async () => undefined,
  };

  function at(lineLevel: LogLevel): (first: string | object, message?: string) => void {
    return (first, message) => {
      if (logLevels.indexOf(lineLevel) < logLevels.indexOf(logger.level)) return;
      write(`${lineLevel}: ${typeof first === "string" ? first : (message ?? "")}`);
    };
  }

  return logger;
}
