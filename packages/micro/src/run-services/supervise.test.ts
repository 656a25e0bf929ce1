import { testClock } from "@micro/core";
import { beforeEach, expect, test } from "vitest";
import type { Child, ChildEnd } from "./child.ts";
import type { Project } from "./projects.ts";
import { type Outcome, type SuperviseParts, supervise } from "./supervise.ts";

const project: Project = { name: "x", folder: "/x", start: "start it", build: "build it" };

let clock: ReturnType<typeof testClock>;
let said: string[];
let started: FakeChild[];
let builds: { resolve(built: boolean): void }[];
let change: (file: string) => void;
let stop: AbortController;
let parts: SuperviseParts;

interface FakeChild extends Child {
  stopped: boolean;
  end(end: Partial<ChildEnd>): void;
}

function fakeChild(): FakeChild {
  let resolve: (end: ChildEnd) => void = () => undefined;
  const ended = new Promise<ChildEnd>((done) => {
    resolve = done;
  });
  const child: FakeChild = {
    ended,
    stopped: false,
    async stop() {
      child.stopped = true;
      resolve({ code: 0, signal: null });
      return "stopped";
    },
    end: (end) => resolve({ code: null, signal: null, ...end }),
  };
  return child;
}

beforeEach(() => {
  clock = testClock();
  said = [];
  started = [];
  builds = [];
  stop = new AbortController();
  let waiting = pendingChange();
  change = (file) => waiting.resolve(file);
  parts = {
    clock,
    changes: {
      next: () => waiting.promise,
      take: () => {
        waiting = pendingChange();
      },
      close: () => undefined,
    },
    start() {
      const child = fakeChild();
      started.push(child);
      return child;
    },
    build: () => new Promise((resolve) => builds.push({ resolve })),
    say: (text) => said.push(text),
    stopTimeoutMs: 1_000,
    stopping: stop.signal,
    hurry: new AbortController().signal,
  };
});

function pendingChange(): { promise: Promise<string>; resolve(file: string): void } {
  let resolve: (file: string) => void = () => undefined;
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function built(ok = true): Promise<void> {
  await settle();
  builds.shift()?.resolve(ok);
  await settle();
}

async function ended(running: Promise<Outcome>): Promise<Outcome> {
  stop.abort();
  return await running;
}

test("a service is built and started, and stopped when everything stops", async () => {
  const running = supervise(project, parts);
  await settle();
  expect(started).toHaveLength(0);
  await built();
  expect(started).toHaveLength(1);
  expect(await ended(running)).toBe("stopped");
  expect(started[0]?.stopped).toBe(true);
});

test("after a change it is built while the old one runs, and then started anew", async () => {
  const running = supervise(project, parts);
  await built();
  change("src/a.ts");
  await settle();
  expect(said).toEqual(["src/a.ts changed"]);
  expect(started[0]?.stopped).toBe(false);
  await built();
  expect(started[0]?.stopped).toBe(true);
  expect(started).toHaveLength(2);
  await ended(running);
});

test("while it does not build the old one goes on, until a change builds again", async () => {
  const running = supervise(project, parts);
  await built();
  change("src/a.ts");
  await built(false);
  expect(said.at(-1)).toBe("does not build; the one before goes on");
  expect(started).toHaveLength(1);
  expect(started[0]?.stopped).toBe(false);
  change("src/a.ts");
  await built();
  expect(started).toHaveLength(2);
  await ended(running);
});

test("one that never built waits for a change", async () => {
  const running = supervise(project, parts);
  await built(false);
  expect(said).toEqual(["does not build; it waits for a change"]);
  change("src/a.ts");
  await built();
  expect(started).toHaveLength(1);
  await ended(running);
});

test("a crash is followed by pauses that double, and a long life makes them short again", async () => {
  const running = supervise({ ...project, build: undefined }, parts);
  await settle();
  for (const [at, pauseMs] of [1_000, 2_000, 4_000].entries()) {
    started[at]?.end({ code: 1 });
    await settle();
    expect(said.at(-1)).toBe(`ended with exit code 1; it starts again in ${pauseMs / 1000}s`);
    await clock.advance(pauseMs - 1);
    await settle();
    expect(started).toHaveLength(at + 1);
    await clock.advance(1);
    await settle();
    expect(started).toHaveLength(at + 2);
  }
  await clock.advance(10_000);
  started[3]?.end({ signal: "SIGKILL" });
  await settle();
  expect(said.at(-1)).toBe("was ended by SIGKILL; it starts again in 1s");
  expect(await ended(running)).toBe("stopped");
});

test("a change ends the pause after a crash", async () => {
  const running = supervise({ ...project, build: undefined }, parts);
  await settle();
  started[0]?.end({ code: 1 });
  await settle();
  change("src/a.ts");
  await settle();
  expect(started).toHaveLength(2);
  await ended(running);
});

test.each([
  [0, "is done", "done"],
  [2, "ended with exit code 2, which another start would not change", "failed"],
])("exit code %i is not followed by another start but for a change", async (code, sentence, outcome) => {
  const running = supervise({ ...project, build: undefined }, parts);
  await settle();
  started[0]?.end({ code });
  await settle();
  await clock.advance(60_000);
  expect(said).toEqual([sentence]);
  expect(started).toHaveLength(1);
  change("src/a.ts");
  await settle();
  expect(started).toHaveLength(2);
  started[1]?.end({ code });
  await settle();
  expect(await ended(running)).toBe(outcome);
});

test("without reload a service that is done ends it", async () => {
  const running = supervise({ ...project, build: undefined }, { ...parts, changes: undefined });
  await settle();
  started[0]?.end({ code: 0 });
  expect(await running).toBe("done");
});

test("stopping during a build starts nothing", async () => {
  const running = supervise(project, parts);
  await settle();
  stop.abort();
  await built();
  expect(await running).toBe("stopped");
  expect(started).toHaveLength(0);
});
