import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, formatHostPort, parseListenAddress } from "@micro/core";

export interface ServeHealthOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told where it listens. */
  readonly listening: (address: string) => void;
}

/** Answers `GET /health` with 200 `OK` or 500 `NOT_HEALTHY`, as `ask` says each time, until the signal. */
export async function serveHealth(ask: () => Promise<boolean>, options: ServeHealthOptions): Promise<void> {
  const { address, signal, listening } = options;
  const server = createServer(async (request, response) => {
    const [path] = (request.url ?? "").split("?", 1);
    if (path !== "/health" || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404).end();
      return;
    }
    const healthy = await ask();
    response.writeHead(healthy ? 200 : 500, { "content-type": "text/plain" }).end(healthy ? "OK" : "NOT_HEALTHY");
  });
  const { host, port } = parseListenAddress(address, "address of the health check");
  await new Promise<void>((resolve, reject) => {
    server.once("error", (reason) => reject(new ConfigError(`cannot listen on ${address}: ${reason.message}`)));
    server.listen(port, host, resolve);
  });
  const at = server.address() as AddressInfo;
  listening(formatHostPort(at.address, at.port));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
