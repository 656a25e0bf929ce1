import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, type RunningProcess, requireServer, startProcess, underLock, waitForPort } from "@micro/testbed";

const run = promisify(execFile);
const cwd = fileURLToPath(new URL("go", import.meta.url));
// Of this checkout: Go would build what another one built anew, under whoever is using it.
const folder = fileURLToPath(new URL("node_modules/.cache/go", import.meta.url));

const programs = ["google.golang.org/grpc/interop/client", "google.golang.org/grpc/interop/server", "./gzip", "./tls"];

/**
 * Builds grpc-go's interop programs with the machine's Go, quickly when nothing changed. False, after one loud line,
 * when there is no Go or its modules cannot be had; under `CI=true` that is a failure.
 */
export async function requireGrpcGo(): Promise<boolean> {
  if (!(await requireServer({ name: "Go", packages: ["golang-go"], commands: ["go"] }))) return false;
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" };
  const options = { cwd, env, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
  try {
    await run("go", ["list", "-deps", ...programs], options); // fetches what is missing
  } catch (reason) {
    const stderr = reason instanceof Error && "stderr" in reason ? String(reason.stderr).trim() : "";
    const line = `SKIPPED, NOT TESTED: the go modules of test/grpc/go cannot be had: ${stderr.split("\n").at(-1) || reason}`;
    if (process.env.CI === "true") throw new Error(`${line} (CI=true makes this a failure)`, { cause: reason });
    process.stderr.write(`\n${line}\n`);
    return false;
  }
  await mkdir(folder, { recursive: true });
  // Files of tests run side by side. Go leaves alone what needs no building.
  await underLock(`${folder}.lock`, ["go", "build", "-o", `${folder}/`, ...programs], { cwd, env, timeoutMs: 300_000 });
  return true;
}

/** How a run of a client ended: `code` 0 when the case passed. */
export interface GoRun {
  readonly code: number | null;
  readonly output: string;
}

/** Runs one case of grpc-go's interop client against a server on 127.0.0.1. */
export function goInteropClient(port: number, testCase: string): Promise<GoRun> {
  return runToEnd("client", ["--server_host=127.0.0.1", `--server_port=${port}`, `--test_case=${testCase}`]);
}

/** Runs the cases that carry messages, each message compressed. */
export function goGzipClient(port: number): Promise<GoRun> {
  return runToEnd("gzip", [`--call=127.0.0.1:${port}`]);
}

async function runToEnd(program: string, args: readonly string[]): Promise<GoRun> {
  const child = await startProcess(join(folder, program), args, { name: `go ${program}` });
  const giveUp = setTimeout(() => void child.kill9(), 20_000);
  const { code } = await child.exited;
  clearTimeout(giveUp);
  return { code, output: child.output() };
}

/** A program that serves, and where. */
export interface GoServer {
  readonly process: RunningProcess;
  readonly address: string;
}

/** Starts grpc-go's interop server. */
export async function startGoServer(): Promise<GoServer> {
  const port = await freePort();
  return { process: await serving("server", [`--port=${port}`], port), address: `127.0.0.1:${port}` };
}

/** Starts the same with every reply compressed. */
export async function startGoGzipServer(): Promise<GoServer> {
  const port = await freePort();
  return { process: await serving("gzip", [`--serve=127.0.0.1:${port}`], port), address: `127.0.0.1:${port}` };
}

async function serving(program: string, args: readonly string[], port: number): Promise<RunningProcess> {
  const child = await startProcess(join(folder, program), args, { name: `go ${program}` });
  await waitForPort(port);
  return child;
}

/** Files of a certificate and its key, and those of whoever is trusted. */
export interface GoTls {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
}

/** Runs some cases over TLS. */
export function goTlsClient(port: number, tls: GoTls): Promise<GoRun> {
  return runToEnd("tls", [`--call=127.0.0.1:${port}`, ...tlsArgs(tls)]);
}

/** Starts a server that wants a certificate of its callers. */
export async function startGoTlsServer(tls: GoTls): Promise<GoServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  return { process: await serving("tls", [`--serve=${address}`, ...tlsArgs(tls)], port), address };
}

function tlsArgs(tls: GoTls): string[] {
  return Object.entries(tls).map(([name, file]) => `--${name}=${file}`);
}
