import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, type RunningProcess, requireServer, startProcess, underLock, waitForPort } from "@micro/testbed";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import type { GoStreamOrder, GoStreamOutcome } from "./stream-orders.ts";

const run = promisify(execFile);
// Of this checkout: Go would build what another one built anew, under whoever is using it.
const folder = fileURLToPath(new URL("node_modules/.cache/go", import.meta.url));

/** A program in `go/`: a service and client on go-micro v2, the API gateway of its toolkit, or the broker of go-micro v1. */
export type GoProgram = "peer" | "micro" | "older";

/**
 * Builds a program with the machine's Go, quickly when nothing changed. False, after one loud line, when there is no Go
 * or its modules cannot be had; under `CI=true` that is a failure. Code that does not compile always is.
 */
export async function requireGo(program: GoProgram = "peer"): Promise<boolean> {
  if (!(await requireServer({ name: "Go", packages: ["golang-go"], commands: ["go"] }))) return false;
  const cwd = fileURLToPath(new URL(`go/${program}`, import.meta.url));
  const env = { ...process.env, GOBIN: folder, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" };
  const options = { cwd, env, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  try {
    await run("go", ["list", "-deps", "."], options); // fetches what is missing
  } catch (reason) {
    const line = `SKIPPED, NOT TESTED: the go modules of test/interop/go/${program} cannot be had: ${lastLine(reason)}`;
    if (process.env.CI === "true") throw new Error(`${line} (CI=true makes this a failure)`, { cause: reason });
    process.stderr.write(`\n${line}\n`);
    return false;
  }
  await mkdir(folder, { recursive: true });
  // Files of tests run side by side. Go leaves alone what needs no building.
  await underLock(`${folder}.lock`, ["go", "install", "."], { cwd, env, timeoutMs: 300_000 });
  return true;
}

/** The file of a program that `requireGo` built. */
export function goFile(program: GoProgram): string {
  return join(folder, program);
}

/** Starts a program that `requireGo` built. Its flags decide; `MICRO_*` variables of this process do not. */
export function startGo(
  program: GoProgram,
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningProcess> {
  return startProcess(goFile(program), args, { name, env: { ...withoutMicro(), ...env } });
}

function lastLine(reason: unknown): string {
  const stderr = reason instanceof Error && "stderr" in reason ? String(reason.stderr).trim() : "";
  return stderr.split("\n").at(-1) || String(reason);
}

/** One call for the Go peer to make; what is left out is left to go-micro. */
export interface GoOrder {
  service: string;
  endpoint: string;
  contentType?: string;
  /** The request as proto3 JSON. */
  body?: unknown;
  /** The very bytes of request and reply body instead, as text. */
  raw?: string;
  metadata?: Record<string, string>;
  address?: readonly string[];
  deadlineMs?: number;
  timeoutMs?: number;
  retries?: number;
  roundRobin?: boolean;
}

/** What a Go program sees of a call. */
export interface GoOutcome {
  /** The reply as proto3 JSON with all fields, 64-bit integers as strings. */
  readonly reply?: Record<string, unknown>;
  /** Set when go-micro gave one of its own errors. */
  readonly error?: { id?: string; code?: number; detail?: string; status?: string };
  readonly text?: string;
  readonly millis: number;
  readonly attempts: readonly { address: string; error?: string }[] | null;
}

export interface GoTally {
  readonly made: number;
  readonly failed: number;
  readonly nodes: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly attempts: Readonly<Record<string, number>>;
}

/** A record as Go's registry package prints it. */
export interface GoRecord {
  readonly name: string;
  readonly version: string;
  readonly metadata: Record<string, string> | null;
  readonly endpoints: readonly unknown[] | null;
  readonly nodes: readonly { id: string; address: string; metadata: Record<string, string> | null }[] | null;
}

export interface GoEvent {
  readonly Action: string;
  readonly Service: GoRecord;
}

/** A running go-micro v2 program that serves `Peer` and does what it is told. */
export interface GoPeer extends AsyncDisposable {
  readonly process: RunningProcess;
  /** Any order of `go/peer`, by its path; rejects with what the peer says when it cannot be carried out. */
  order<T>(path: string, body?: unknown): Promise<T>;
  /** Where it serves, `127.0.0.1:port`. */
  readonly address: string;
  call(order: GoOrder): Promise<GoOutcome>;
  /** Leads a stream, step by step; the signal cancels Go's context. */
  stream(order: GoStreamOrder, signal?: AbortSignal): Promise<GoStreamOutcome>;
  /** A call by grpc-go alone, with any path. */
  bare(address: string, path: string): Promise<{ code: number; message: string }>;
  getService(name: string): Promise<GoRecord[]>;
  listServices(): Promise<GoRecord[]>;
  register(record: GoRecord, ttlSeconds: number): Promise<void>;
  deregister(record: GoRecord): Promise<void>;
  /** What Go's watcher delivers of one service; resolves once it watches. */
  watch(name: string): Promise<{ next(): Promise<GoEvent>; stop(): void }>;
  /** Calls `Peer.Look`, which takes `holdMs`, so often a second until `stopLoad`. */
  startLoad(load: { service: string; perSecond: number; holdMs: number }): Promise<void>;
  stopLoad(): Promise<GoTally>;
  stop(): Promise<void>;
}

export interface GoPeerOptions {
  name: string;
  /** go-micro's flags. */
  args: readonly string[];
  env?: Record<string, string>;
}

/** Starts the Go peer and resolves when it is in the registry and answers. */
export async function startGoPeer({ name, args, env = {} }: GoPeerOptions): Promise<GoPeer> {
  const control = await freePort();
  const port = await freePort();
  const child = await startGo("peer", `go peer ${name}`, [`--server_address=127.0.0.1:${port}`, ...args], {
    PEER_NAME: name,
    PEER_CONTROL: `127.0.0.1:${control}`,
    ...env,
  });
  await child.waitForLine(/Registry \[\w+\] Registering node/);
  await waitForPort(control);

  async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${control}${path}`, {
      ...(signal && { signal }),
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${child.name} ${path}: ${text.trim()}`);
    return JSON.parse(text) as T;
  }
  const stop = async (): Promise<void> => void (await child.stop());
  // Go says that it registers before it does.
  await eventually(async () => expect(await ask(`/registry/get?name=${name}`)).not.toEqual([]));

  return {
    process: child,
    address: `127.0.0.1:${port}`,
    order: ask,
    call: (order) => ask("/call", order),
    stream: (order, signal) => ask("/stream", order, signal),
    bare: (address, path) => ask("/bare", { address, path }),
    getService: (service) => ask(`/registry/get?name=${service}`),
    listServices: () => ask("/registry/list"),
    register: (service, ttlSeconds) => ask("/registry/register", { service, ttlSeconds }),
    deregister: (service) => ask("/registry/deregister", { service, ttlSeconds: 0 }),
    async watch(service) {
      const giveUp = new AbortController();
      const url = `http://127.0.0.1:${control}/registry/watch?name=${service}`;
      const lines = linesOf(await fetch(url, { signal: giveUp.signal }));
      await lines.next();
      return {
        async next() {
          const { value, done } = await lines.next();
          if (done) throw new Error(`the watch of ${service} by ${child.name} ended`);
          return JSON.parse(value) as GoEvent;
        },
        stop: () => giveUp.abort(),
      };
    },
    startLoad: (load) => ask("/load/start", load),
    stopLoad: () => ask("/load/stop"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function* linesOf(response: Response): AsyncGenerator<string, void, void> {
  let text = "";
  const decoder = new TextDecoder();
  if (!response.body) return;
  for await (const chunk of response.body) {
    const lines = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

/** `MICRO_*` variables of this process are nobody's business. */
export function withoutMicro(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("MICRO_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
