import { describe, expect, test } from "vitest";
import { type TestClock, testClock } from "./clock.ts";
import { type FileOutputOptions, fileOutput, type LogOutput } from "./log-output.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A descriptor whose writes do what `next` says, else take everything. */
function descriptor(options: FileOutputOptions = {}): {
  output: LogOutput;
  clock: TestClock;
  next: (number | string)[];
  text: () => string;
} {
  const clock = testClock();
  const next: (number | string)[] = [];
  let text = "";
  const output = fileOutput(1, {
    clock,
    writeBytes(_, bytes) {
      const now = next.shift() ?? bytes.length;
      if (typeof now === "string") throw failure(now);
      text += bytes.subarray(0, now).toString();
      return now;
    },
    ...options,
  });
  return { output, clock, next, text: () => text };
}

describe("a descriptor that takes all", () => {
  test("has each line before write returns", () => {
    const { output, text } = descriptor();
    output.write("a\n");
    expect(text()).toBe("a\n");
    output.write("b\n");
    expect(text()).toBe("a\nb\n");
  });

  test("is flushed at once", async () => {
    const { output } = descriptor();
    output.write("a\n");
    await output.flush?.();
    output.flushSync?.();
  });
});

describe("a pipe that takes a part", () => {
  test("gets the rest in the next write", () => {
    const { output, next, text } = descriptor();
    next.push(2, 1);
    output.write("abcdef\n");
    expect(text()).toBe("abcdef\n");
  });

  test("gets what does not fit later, in order", async () => {
    const { output, next, text, clock } = descriptor();
    next.push(2, "EAGAIN");
    output.write("abc\n");
    output.write("def\n");
    expect(text()).toBe("ab");
    next.push("EAGAIN");
    await clock.advance(10);
    expect(text()).toBe("ab");
    next.push(2, 1, "EAGAIN");
    await clock.advance(10);
    expect(text()).toBe("abc\nd");
    await clock.advance(10);
    output.write("ghi\n");
    expect(text()).toBe("abc\ndef\nghi\n");
  });

  test("is waited for by flush", async () => {
    const { output, next, text, clock } = descriptor();
    next.push("EAGAIN");
    output.write("a\n");
    let flushed = false;
    const flush = output.flush?.().then(() => {
      flushed = true;
    });
    await clock.advance(9);
    expect(flushed).toBe(false);
    await clock.advance(1);
    await flush;
    expect(text()).toBe("a\n");
  });

  test("is waited for by flush for a second only", async () => {
    const { output, next, clock } = descriptor();
    next.push(...Array.from({ length: 200 }, () => "EAGAIN"));
    output.write("a\n");
    const flush = output.flush?.();
    await clock.advance(1_000);
    await flush;
  });

  test("gets the rest from flushSync, which gives up on a reader that stays away", () => {
    const { output, next, text } = descriptor();
    next.push("EAGAIN", "EAGAIN");
    output.write("a\n");
    output.flushSync?.();
    expect(text()).toBe("a\n");
    const stuck = descriptor({
      writeBytes: () => {
        throw failure("EAGAIN");
      },
    });
    stuck.output.write("a\n");
    stuck.output.flushSync?.();
  });

  test("costs bounded memory, and the reader is told what is missing", async () => {
    const { output, next, text, clock } = descriptor({ maxHeldBytes: 6, describeLoss: (lines) => `lost ${lines}\n` });
    next.push("EAGAIN");
    for (const line of ["a\n", "b\n", "c\n", "d\n", "e\n"]) output.write(line);
    await clock.advance(10);
    expect(text()).toBe("a\nb\nc\n");
    output.write("f\n");
    output.write("g\n");
    expect(text()).toBe("a\nb\nc\nlost 2\nf\ng\n");
  });

  test("never has a line run into another", async () => {
    const { output, next, text, clock } = descriptor({ maxHeldBytes: 1 });
    next.push(2, "EAGAIN");
    output.write("abcdef\n");
    output.write("lost\n");
    await clock.advance(10);
    output.write("g\n");
    expect(text()).toBe("abcdef\ng\n");
  });
});

describe("a reader that is gone", () => {
  test.each(["EPIPE", "EBADF", "EIO", "ECONNRESET"])("after %s nothing more is tried or thrown", async (code) => {
    const { output, next, text, clock } = descriptor();
    next.push(code);
    output.write("a\n");
    output.write("b\n");
    await output.flush?.();
    output.flushSync?.();
    expect(text()).toBe("");
    await clock.advance(100);
  });

  test("ends a flush", async () => {
    const { output, next, clock } = descriptor();
    next.push("EAGAIN", "EPIPE");
    output.write("a\n");
    const flush = output.flush?.();
    await clock.advance(10);
    await flush;
  });
});

describe("a full disk", () => {
  test("loses the lines until there is room again, and says how many", () => {
    const { output, next, text } = descriptor({ describeLoss: (lines) => `lost ${lines}\n` });
    next.push("ENOSPC");
    output.write("a\n");
    next.push("ENOSPC");
    output.write("b\n");
    output.write("c\n");
    expect(text()).toBe("lost 2\nc\n");
  });

  test("loses lines without a word when nobody describes it", () => {
    const { output, next, text } = descriptor();
    next.push("ENOSPC");
    output.write("a\n");
    output.write("b\n");
    expect(text()).toBe("b\n");
  });
});
