import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const handedOut = new Set<number>();

// Files of tests that run side by side take every so manieth port each, so that none gets one that another was given
// and does not listen on yet, or has stopped listening on for a moment.
const lanes = 16;
const lane = Number(process.env.VITEST_POOL_ID ?? 0) % lanes;

/**
 * A TCP port of 127.0.0.1 that nobody listens on, never the same twice in one process, nor in two workers of vitest.
 *
 * It comes from below the range that the system takes outgoing ports from. Otherwise somebody's outgoing connection
 * could sit on the port while a test has its server stopped and wants to start it again.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 10_000 + lane + lanes * Math.floor(Math.random() * (22_000 / lanes));
    if (handedOut.has(port) || !(await canListen(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error("found no free port between 10000 and 32000 of 127.0.0.1 in 200 tries");
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Waits until something accepts connections. Rejects after `timeoutMs` (10 seconds unless given), or when `signal` is aborted. */
export async function waitForPort(
  port: number,
  { host = "127.0.0.1", timeoutMs = 10_000, signal }: { host?: string; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await canConnect(port, host))) {
    signal?.throwIfAborted();
    if (Date.now() > end) throw new Error(`nothing accepted connections on ${host}:${port} within ${timeoutMs} ms`);
    await sleep(20);
  }
}

function canConnect(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.setTimeout(1_000, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
    function done(answer: boolean): void {
      socket.destroy();
      resolve(answer);
    }
  });
}
