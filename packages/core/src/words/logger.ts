/** Levels from most to least talkative, named as in go-micro. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes lines for people or machines. Fields go first, the sentence second; secrets never go in. */
export interface Logger {
  /** The least level that is written. May be set while the program runs, and then holds for its children too. */
  level: LogLevel;
  trace(message: string): void;
  trace(fields: object, message: string): void;
  debug(message: string): void;
  debug(fields: object, message: string): void;
  info(message: string): void;
  info(fields: object, message: string): void;
  warn(message: string): void;
  warn(fields: object, message: string): void;
  error(message: string): void;
  error(fields: object, message: string): void;
  fatal(message: string): void;
  fatal(fields: object, message: string): void;
  /** A logger that adds `fields` to each line. */
  child(fields: object): Logger;
  /** Resolves when what was logged is written. */
  flush(): Promise<void>;
}

/** Says nothing. What a part uses when it is given no logger. */
export const silentLogger: Logger = {
  level: "fatal",
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentLogger,
  flush: async () => undefined,
};

function nothing(): void {
  return;
}
