import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// A program as a user has it: compiled by tsc, with source maps, started by plain node. The types above the code make
// lines before and after compilation differ.
const source = `
import { Socket } from "node:net";
import { createLogger, type LogFormat } from "../words/pino-logger.ts";

interface Request {
  readonly name: string;
}
type Handler = (request: Request) => void;

const [mode, format = "text"] = process.argv.slice(2) as [string, LogFormat?];
const log = createLogger({ format });
const many = (): void => {
  for (let number = 1; number <= 3_000; number++) log.info(\`line \${number} \${"x".repeat(200)}\`);
};

const handler: Handler = ({ name }) => {
  log.info({ name }, "Received Say.Hello API request");
};

if (mode === "line") handler({ name: "huohuo" });
if (mode === "error") log.error({ err: new Error("failed") }, "x");
if (mode === "exit") {
  many();
  process.exit(3);
}
if (mode === "crash") {
  many();
  throw new Error("crash");
}
if (mode === "fatal") {
  log.fatal("last words");
  process.kill(process.pid, "SIGKILL");
}
if (mode === "nonblocking" || mode === "nonblocking-exit") {
  new Socket({ fd: 1 }).unref();
  many();
  process.stderr.write("logged\\n");
  if (mode === "nonblocking-exit") process.exit(3);
  await log.flush();
}
if (mode === "reader-gone") {
  process.stdin.once("data", () => {
    many();
    process.stderr.write("survived\\n");
    process.exit(0);
  });
}
`;
const lineOf = (part: string): number => source.split("\n").findIndex((line) => line.includes(part)) + 1;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "logger-"));
  const here = import.meta.dirname;
  await mkdir(join(folder, "src/handler"), { recursive: true });
  await cp(here, join(folder, "src/words"), { recursive: true, filter: (path) => !basename(path).includes(".test.") });
  await symlink(join(here, "../../node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "src/handler/user.handler.ts"), source);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(here, "../../../../tsconfig.base.json"),
      compilerOptions: {
        composite: false,
        declaration: false,
        declarationMap: false,
        isolatedDeclarations: false,
        rootDir: "src",
        outDir: "dist",
      },
      files: ["src/handler/user.handler.ts"],
    }),
  );
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  await promisify(execFile)(process.execPath, [compiler, "-p", folder]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

function start(args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...nodeArgs, join(folder, "dist/handler/user.handler.js"), ...args]);
}

async function run(
  ...parameters: Parameters<typeof start>
): Promise<{ code: number | null; out: string; errors: string }> {
  const child = start(...parameters);
  const [out, errors, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, "close")]);
  return { code, out, errors };
}

const read = (stream: ChildProcess["stdout"]): Promise<string> => (stream ? text(stream) : Promise.resolve(""));
const numbers = (out: string): number[] =>
  [...out.matchAll(/ line (\d+) x{200}$/gm)].map(([, number]) => Number(number));
const all = Array.from({ length: 3_000 }, (_, index) => index + 1);

describe("file and line", () => {
  const place = `handler/user.handler.ts:${lineOf("log.info({ name }")}`;

  test("are those of the TypeScript source", async () => {
    const { out, errors } = await run(["line"]);
    expect(errors).toBe("");
    expect(out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d file=/);
    expect(out.slice(20)).toBe(`file=${place} level=info name=huohuo Received Say.Hello API request\n`);
  });

  test("are the same in JSON", async () => {
    const { out } = await run(["line", "json"]);
    expect(JSON.parse(out)).toMatchObject({ file: place, level: "info", name: "huohuo" });
  });

  test("are the same when node maps stacks itself", async () => {
    const { out } = await run(["line"], ["--enable-source-maps"]);
    expect(out).toContain(`file=${place} level`);
  });

  test.each([[], ["--enable-source-maps"]])("of an error are mapped too %j", async (...nodeArgs) => {
    const { out } = await run(["error"], nodeArgs);
    expect(out).toContain(`err="Error: failed (handler/user.handler.ts:${lineOf('new Error("failed")')})" x\n`);
  });

  test("are those of the compiled file where its map was not shipped", async () => {
    const map = join(folder, "dist/handler/user.handler.js.map");
    await cp(map, `${map}.kept`);
    await rm(map);
    const { out } = await run(["line"]);
    await cp(`${map}.kept`, map);
    expect(out).toMatch(/ file=handler\/user\.handler\.js:\d+ level=info/);
  });
});

describe("no line is lost", () => {
  test("by process.exit", async () => {
    const { code, out } = await run(["exit"]);
    expect(code).toBe(3);
    expect(numbers(out)).toEqual(all);
  });

  test("by an uncaught error", async () => {
    const { code, out, errors } = await run(["crash"]);
    expect(code).toBe(1);
    expect(errors).toContain("Error: crash");
    expect(numbers(out)).toEqual(all);
  });

  test("by SIGKILL after a fatal line", async () => {
    expect((await run(["fatal"])).out).toContain("level=fatal last words\n");
  });

  test("to a reader that comes late", async () => {
    const child = start(["nonblocking"]);
    const closed = once(child, "close");
    if (child.stderr) await once(child.stderr, "data");
    expect(numbers(await read(child.stdout))).toEqual(all);
    expect((await closed)[0]).toBe(0);
  });

  test("by process.exit while the pipe is full", async () => {
    const { code, out } = await run(["nonblocking-exit"]);
    expect(code).toBe(3);
    expect(numbers(out)).toEqual(all);
  });
});

test("a program outlives the reader of its log", async () => {
  const child = start(["reader-gone"]);
  const closed = once(child, "close");
  const errors = read(child.stderr);
  child.stdout?.destroy();
  child.stdin?.write("go");
  expect(await errors).toBe("survived\n");
  expect((await closed)[0]).toBe(0);
});
