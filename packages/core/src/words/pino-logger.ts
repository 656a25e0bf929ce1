import { type DestinationStream, type LoggerOptions, pino, stdSerializers } from "pino";
import { callSite } from "./call-site.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type LogFields, logFields } from "./log-fields.ts";
import { printableJson, textLine } from "./log-line.ts";
import { fileOutput, type LogOutput } from "./log-output.ts";
import { type Logger, type LogLevel, logLevels } from "./logger.ts";

export type LogFormat = "text" | "json";

export interface CreateLoggerOptions {
  /** The least level that is written. @default "info" */
  level?: LogLevel;
  /** Lines for people, or one JSON object a line for machines. @default "text" */
  format?: LogFormat;
  /** Where lines go. @default standard output, written before the caller goes on */
  destination?: LogOutput;
  clock?: Clock;
}

/**
 * A logger that writes lines such as
 *
 *     2020-05-12 16:08:07 file=handler/user.handler.ts:23 level=info Received Say.Hello API request
 *
 * or, for machines, the same as JSON with the keys `level`, `time` (ISO 8601, UTC), `file`, the fields, and `msg`. The
 * file is the caller's, in its source before compilation where a source map tells. Fields whose keys end in a word for a
 * secret are blanked; a field named like one of the line's own keys gets a `_`. A logger and its children share one level.
 */
export function createLogger(options: CreateLoggerOptions = {}): Logger {
  const { level = "info", format = "text", clock = systemClock } = options;
  const destination = options.destination ?? standardOutput(format);
  const sink = pino(
    { ...pinoOptions, timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"` },
    format === "json" ? jsonStream(destination) : textStream(destination, clock),
  );
  const shared: Shared = {
    level,
    threshold: rank(level),
    write: (at, fields, message) => sink[at](fields, message),
    flush: async () => destination.flush?.(),
  };
  return loggerWith(shared, {});
}

/** What a logger has in common with its children. */
interface Shared {
  level: LogLevel;
  threshold: number;
  readonly write: (level: LogLevel, fields: LogFields, message: string) => void;
  readonly flush: () => Promise<void>;
}

type Write = Logger["info"];

function loggerWith(shared: Shared, own: LogFields): Logger {
  return {
    get level() {
      return shared.level;
    },
    set level(level) {
      shared.threshold = rank(level);
      shared.level = level;
    },
    trace: writer("trace"),
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    fatal: writer("fatal"),
    child: (fields) => loggerWith(shared, { ...own, ...logFields(fields, stdSerializers.err) }),
    flush: shared.flush,
  };

  function writer(level: LogLevel): Write {
    const ranked = rank(level);
    return write;

    function write(first: string | object, message?: string): void {
      if (ranked < shared.threshold) return;
      const file = callSite(write) || undefined;
      // Programs in JavaScript pass anything; a log line must not throw.
      if (typeof first === "object" && first !== null) {
        const sentence = message ?? (first instanceof Error ? first.message : "");
        shared.write(level, { file, ...own, ...logFields(first, stdSerializers.err) }, sentence);
      } else shared.write(level, { file, ...own }, String(first));
    }
  }
}

function rank(level: LogLevel): number {
  const found = logLevels.indexOf(level);
  if (found < 0)
    throw new RangeError(`unknown log level ${JSON.stringify(level)}; expected one of ${logLevels.join(", ")}`);
  return found;
}

// What is written is decided above, before the stack is captured; pino lets everything through.
const pinoOptions: LoggerOptions = {
  level: "trace",
  base: null,
  // Errors are spelled out before they come here.
  serializers: { err: (value) => value },
  formatters: { level: (label) => ({ level: label }) },
};

interface FlushableStream extends DestinationStream {
  /** pino calls it after each fatal line. */
  flushSync(): void;
}

function jsonStream(destination: LogOutput): FlushableStream {
  return {
    write: (line) => destination.write(printableJson(line)),
    flushSync: () => destination.flushSync?.(),
  };
}

/** What pino leaves on a stream that carries its metadata mark, before each write. */
interface TextStream extends FlushableStream {
  lastLevel: number;
  lastObj: LogFields;
  lastMsg: string;
}

function textStream(destination: LogOutput, clock: Clock): FlushableStream {
  const stream: TextStream = {
    lastLevel: 0,
    lastObj: {},
    lastMsg: "",
    write() {
      // pino's levels are ten apart, from trace at ten.
      const level = logLevels[stream.lastLevel / 10 - 1] ?? "info";
      destination.write(textLine(clock.now(), level, stream.lastObj, stream.lastMsg));
    },
    flushSync: () => destination.flushSync?.(),
  };
  return Object.assign(stream, { [Symbol.for("pino.metadata")]: true });
}

// One for all loggers of a format, so that the listeners for the end of the process do not pile up.
const standard = new Map<LogFormat, LogOutput>();

/** Standard output, as all loggers of this format share it. */
export function standardOutput(format: LogFormat): LogOutput {
  const present = standard.get(format);
  if (present) return present;
  const output = fileOutput(1, { describeLoss: (lines) => lossLine(format, lines) });
  process.once("exit", () => output.flushSync?.());
  standard.set(format, output);
  return output;
}

function lossLine(format: LogFormat, lines: number): string {
  const time = systemClock.now();
  const message = `${lines} log lines are missing here: standard output did not take them`;
  if (format === "text") return textLine(time, "warn", {}, message);
  return `${JSON.stringify({ level: "warn", time: new Date(time).toISOString(), msg: message })}\n`;
}
