import { afterEach, describe, expect, test, vi } from "vitest";
import { testClock } from "./clock.ts";
import { badRequest } from "./errors.ts";
import { type Logger, type LogLevel, logLevels } from "./logger.ts";
import { type CreateLoggerOptions, createLogger } from "./pino-logger.ts";

function record(options: CreateLoggerOptions = {}): { log: Logger; lines: string[]; last: () => string } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ destination, clock: testClock(), ...options });
  return { log, lines, last: () => lines.at(-1) ?? "" };
}

const lineHere = (): number => Number(/pino-logger\.test\.ts:(\d+)/.exec(new Error().stack?.split("\n")[2] ?? "")?.[1]);
const timeOf = (ms: number): string => {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
};
const now = timeOf(testClock().now());

describe("a text line", () => {
  test("has local time, file and line of the caller, level and sentence", () => {
    const { log, lines } = record();
    const line = lineHere() + 1;
    log.info("Received Say.Hello API request");
    expect(lines).toEqual([
      `${now} file=words/pino-logger.test.ts:${line} level=info Received Say.Hello API request\n`,
    ]);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d file=/);
  });

  test("has fields sorted by key before the sentence, quoted when they need it", () => {
    const { log, last } = record();
    log.info(
      { user: "huohuo", attempt: 2, cause: 'said "no"', empty: "", ok: true, none: null, gone: undefined, a: "x=y" },
      "Hi",
    );
    expect(last()).toContain(
      'level=info a="x=y" attempt=2 cause="said \\"no\\"" empty="" none=null ok=true user=huohuo Hi\n',
    );
  });

  test("shows objects, dates, big numbers and circles", () => {
    const { log, last } = record();
    const circle: Record<string, unknown> = { id: "x" };
    circle.self = circle;
    log.info({ b: 5n, circle, day: new Date(0), list: [1, "a b"], map: new Map([["k", 1]]), n: Number.NaN }, "Hi");
    expect(last()).toContain(
      `b=5 circle="<ref *1> { id: 'x', self: [Circular *1] }" day=1970-01-01T00:00:00.000Z list="[ 1, 'a b' ]" map="Map(1) { 'k' => 1 }" n=NaN Hi\n`,
    );
  });

  test("stays one line whatever the sentence, the keys and the values are", () => {
    const { log, last } = record();
    log.info({ "a b\n": "x\ny", c: "\u001b[31mred", d: "\u202etxt" }, "one\r\ntwo\u001b[2J\u009b\u2028three\tx");
    expect(last()).toContain(
      'a_b_n="x\\ny" c="\\u001b[31mred" d="\\u202etxt" one\\r\\ntwo\\u001b[2J\\u009b\\u2028three\\tx\n',
    );
    expect(last().match(/\n/g)).toHaveLength(1);
  });

  test("leaves other languages, backslashes and percent signs of a sentence alone", () => {
    const { log, last } = record();
    log.info("100 %d %s C:\\new 你好 🚀");
    expect(last()).toMatch(/ level=info 100 %d %s C:\\new 你好 🚀\n$/);
  });

  test("shows of an error its type, its sentence with its causes, and where it came from", () => {
    const { log, last } = record();
    const line = lineHere() + 1;
    const error = new TypeError("no user", { cause: new Error("no row") });
    log.error({ err: error }, "failed");
    expect(last()).toContain(` err="TypeError: no user: no row (words/pino-logger.test.ts:${line}`);
    log.error({ reason: error }, "failed");
    expect(last()).toContain(' reason="TypeError: no user');
    log.error(error, "failed");
    expect(last()).toContain(' err="TypeError: no user');
    expect(last()).toMatch(/ failed\n$/);
  });
});

describe("a JSON line", () => {
  const json = (): ReturnType<typeof record> & { parsed: () => Record<string, unknown> } => {
    const recorded = record({ format: "json" });
    return { ...recorded, parsed: () => JSON.parse(recorded.last()) };
  };

  test("has level as a word, time, file, fields and sentence", () => {
    const { log, last } = json();
    const line = lineHere() + 1;
    log.warn({ user: "huohuo", count: 2 }, "Hi");
    expect(last()).toBe(
      `{"level":"warn","time":"2020-09-13T12:26:40.000Z","file":"words/pino-logger.test.ts:${line}","user":"huohuo","count":2,"msg":"Hi"}\n`,
    );
  });

  test("has errors with type, stack, causes and what else they carry", () => {
    const { log, parsed } = json();
    log.error({ err: badRequest("go.micro.api.user", "Name cannot be blank") }, "failed");
    expect(parsed().err).toMatchObject({
      type: "MicroError",
      id: "go.micro.api.user",
      code: 400,
      detail: "Name cannot be blank",
    });
    log.error({ reason: new Error("outer", { cause: new Error("inner") }) }, "failed");
    expect(parsed().reason).toMatchObject({
      type: "Error",
      message: "outer: inner",
      stack: expect.stringMatching(/outer\n.*at [\s\S]*inner\n/),
    });
    log.error(new Error("alone"), "failed");
    expect(parsed()).toMatchObject({ err: { message: "alone" }, msg: "failed" });
  });

  test("stays one line and means what was said", () => {
    const { log, last, parsed } = json();
    const sentence = "one\r\ntwo\u001b[2J\u009b\u2028three\u007f 你好";
    log.info({ text: sentence, [sentence]: 1 }, sentence);
    expect(parsed()).toMatchObject({ msg: sentence, text: sentence, [sentence]: 1 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
    expect(last().slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  });

  test("survives circles and big numbers", () => {
    const { log, parsed } = json();
    const circle: Record<string, unknown> = { id: "x" };
    circle.self = circle;
    log.info({ circle, big: 5n }, "Hi");
    expect(parsed()).toMatchObject({ circle: { id: "x", self: "[Circular]" }, big: 5 });
  });

  test("has each key once", () => {
    const { log, last } = json();
    log.child({ a: 1 }).info({ a: 2, level: "x", time: 1, file: "f", msg: "m" }, "Hi");
    expect(last()).toMatch(/"a":2,"level_":"x","time_":1,"file_":"f","msg_":"m","msg":"Hi"}\n$/);
    expect(last().match(/"a":/g)).toHaveLength(1);
  });
});

describe("the level", () => {
  test.each(logLevels)("%s lets through what is at least as grave", (level) => {
    const { log, lines } = record({ level });
    for (const each of logLevels) log[each]("x");
    expect(lines.map((line) => /level=(\w+)/.exec(line)?.[1])).toEqual(logLevels.slice(logLevels.indexOf(level)));
  });

  test("changes while the program runs, for children too, either way", () => {
    const { log, lines } = record();
    const child = log.child({ a: 1 });
    child.debug("no");
    log.level = "debug";
    child.debug("yes");
    expect(child.level).toBe("debug");
    child.level = "error";
    log.info("no");
    expect(log.level).toBe("error");
    expect(lines).toHaveLength(1);
  });

  test("that is unknown is an error that lists the known ones", () => {
    const { log } = record();
    const wrong = "verbose" as LogLevel;
    expect(() => createLogger({ level: wrong })).toThrow(
      'unknown log level "verbose"; expected one of trace, debug, info',
    );
    expect(() => {
      log.level = wrong;
    }).toThrow("unknown log level");
    expect(log.level).toBe("info");
  });

  test("that is not written costs no look at the fields", () => {
    const { log } = record();
    const look = vi.fn();
    log.debug(
      {
        get a() {
          return look();
        },
      },
      "x",
    );
    expect(look).not.toHaveBeenCalled();
  });
});

describe("children", () => {
  test.each(["text", "json"] as const)("add their fields to each line (%s)", (format) => {
    const { log, last } = record({ format });
    const child = log.child({ service: "user", a: 1 }).child({ a: 2 });
    child.info({ b: 3 }, "Hi");
    expect(last()).toMatch(
      format === "text" ? / a=2 b=3 service=user Hi\n$/ : /"service":"user","a":2,"b":3,"msg":"Hi"}\n$/,
    );
    log.info("Hi");
    expect(last()).not.toContain("service");
  });
});

describe("secrets", () => {
  const fields = {
    Authorization: "s3cret",
    password: "s3cret",
    userPwd: "s3cret",
    auth_secret: "s3cret",
    metadata: { "Set-Cookie": "s3cret", "x-token": "s3cret", plain: "shown" },
    err: Object.assign(new Error("refused"), { token: "s3cret" }),
  };

  test.each(["text", "json"] as const)("never reach a line (%s)", (format) => {
    const { log, lines } = record({ format });
    log.info(fields, "x");
    log.child(fields).info("x");
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).not.toContain("s3cret");
      expect(line).toContain("[redacted]");
      expect(line).toContain("shown");
    }
  });

  test("are blanked in the line only", () => {
    const { log } = record();
    const given = structuredClone({ ...fields, err: undefined });
    log.info(given, "x");
    expect(given).toEqual({ ...fields, err: undefined });
  });
});

describe("what JavaScript callers may pass", () => {
  test("is logged and never throws", () => {
    const { log, lines } = record();
    const loose: { info(...all: unknown[]): void } = log;
    loose.info(undefined);
    loose.info(null);
    loose.info(5);
    loose.info({ a: 1 });
    loose.info(new Error("alone"));
    expect(lines.map((line) => line.replace(/.*level=info ?/, ""))).toEqual([
      "undefined\n",
      "null\n",
      "5\n",
      "a=1\n",
      expect.stringMatching(/^err="Error: alone .*" alone\n$/),
    ]);
  });

  test("methods work when taken off their logger", () => {
    const { log, last } = record();
    const { info } = log;
    info("x");
    expect(last()).toMatch(/pino-logger\.test\.ts:\d+ level=info x\n$/);
  });
});

describe("flush", () => {
  test("waits for the destination", async () => {
    const flush = vi.fn(async () => undefined);
    await createLogger({ destination: { write: () => undefined, flush } })
      .child({})
      .flush();
    expect(flush).toHaveBeenCalledOnce();
    await record().log.flush();
  });

  test("comes at once after a fatal line", () => {
    const flushSync = vi.fn();
    const log = createLogger({ destination: { write: () => undefined, flushSync } });
    log.error("x");
    expect(flushSync).not.toHaveBeenCalled();
    log.fatal("x");
    expect(flushSync).toHaveBeenCalledOnce();
  });
});

describe("stacks of the program", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  afterEach(() => Object.assign(Error, { prepareStackTrace, stackTraceLimit }));

  test("are as before after a line", () => {
    const { log } = record();
    Error.stackTraceLimit = 7;
    log.info("x");
    expect(Error.stackTraceLimit).toBe(7);
    expect(Error.prepareStackTrace).toBe(prepareStackTrace);
  });
});
