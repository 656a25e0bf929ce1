import { writeSync } from "node:fs";
import { type Clock, systemClock } from "./clock.ts";

/** Where finished log lines go, each with its newline. `write` must not throw. */
export interface LogOutput {
  write(line: string): void;
  /** Resolves when all lines are out; lines that the other end does not take are waited for one second. */
  flush?(): Promise<void>;
  /** The same at once, for when the process is about to end. */
  flushSync?(): void;
}

export interface FileOutputOptions {
  /** Bytes to hold while the other end takes none; beyond them lines are dropped and counted. @default 4 MiB */
  maxHeldBytes?: number;
  /** Makes the line that tells of dropped ones, once writing works again. @default none is written */
  describeLoss?: (lines: number) => string;
  clock?: Clock;
  /** Writes some of the bytes and says how many. @default `fs.writeSync` */
  writeBytes?: (fd: number, bytes: Buffer) => number;
}

const defaults = {
  maxHeldBytes: 4 * 2 ** 20,
  clock: systemClock,
  writeBytes: (fd: number, bytes: Buffer) => writeSync(fd, bytes),
};
const retryMs = 10;
const patienceMs = 1_000;

/**
 * Writes each line to a file descriptor before the caller goes on, as Go's logger does: nothing is lost when the process
 * dies, and lines stand in order with what others print.
 *
 * Logging never takes the program down. When a non-blocking pipe is full, lines are held and tried again every 10 ms and
 * when the process exits; when the reader is gone, lines are dropped; on any other failure, such as a full disk, the
 * line is dropped and the next one tried.
 */
export function fileOutput(fd: number, options: FileOutputOptions = {}): LogOutput {
  const { maxHeldBytes, clock, writeBytes, describeLoss } = { ...defaults, ...options };
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lost = 0;
  let readerGone = false;
  let waiting: (() => void)[] = [];

  return {
    write(line) {
      if (readerGone) return;
      const bytes = Buffer.from(line);
      if (held.length > 0) return hold(bytes);
      if (lost > 0 && !reportLoss()) return void lost++;
      send(bytes);
    },
    async flush() {
      if (held.length === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(patienceMs, done);
        function done(): void {
          cancel();
          resolve();
        }
        waiting.push(done);
      });
    },
    flushSync() {
      const pause = new Int32Array(new SharedArrayBuffer(4));
      for (let waitedMs = 0; !sendHeld() && waitedMs < patienceMs; waitedMs += retryMs)
        Atomics.wait(pause, 0, 0, retryMs);
    },
  };

  // True when the bytes need no more care: written, or lost for good.
  function send(bytes: Buffer): boolean {
    for (let sent = 0; sent < bytes.length; ) {
      try {
        sent += writeBytes(fd, sent === 0 ? bytes : bytes.subarray(sent));
      } catch (reason) {
        const code = reason instanceof Error && "code" in reason ? reason.code : undefined;
        if (code === "EAGAIN") {
          hold(sent === 0 ? bytes : bytes.subarray(sent), sent > 0);
          return false;
        }
        readerGone = code === "EPIPE" || code === "ECONNRESET" || code === "EBADF" || code === "EIO";
        lost++;
        return true;
      }
    }
    return true;
  }

  // The rest of a line that is partly out is always kept, else the next line would run into it.
  function hold(bytes: Buffer, begun = false): void {
    if (!begun && heldBytes + bytes.length > maxHeldBytes) return void lost++;
    if (held.length === 0) retryLater();
    held.push(bytes);
    heldBytes += bytes.length;
  }

  // In the background: a process with nothing else to do ends, and its exit writes the rest.
  function retryLater(): void {
    clock.after(retryMs, sendHeld, { background: true });
  }

  function sendHeld(): boolean {
    const lines = held;
    held = [];
    heldBytes = 0;
    for (const [index, line] of lines.entries()) {
      if (readerGone) break;
      if (send(line)) continue;
      const rest = lines.slice(index + 1);
      held.push(...rest);
      heldBytes = held.reduce((sum, { length }) => sum + length, 0);
      return false;
    }
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
    return true;
  }

  function reportLoss(): boolean {
    const lines = lost;
    lost = 0;
    if (describeLoss) send(Buffer.from(describeLoss(lines)));
    if (lost === 0) return true;
    lost = lines;
    return false;
  }
}
