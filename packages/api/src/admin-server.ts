import { createServer } from "node:http";
import type { Closeable } from "@micro/core";
import { closeable, closeOnce, notFound } from "@micro/core";
import { type FixedPath, fixedPaths, gatewayId, type HttpAnswer } from "@micro/gateway";
import { ArrivedRequest, type Reception } from "./arrived-request.ts";
import { bind } from "./bind.ts";
import type { FailedRequest } from "./failure-answer.ts";
import { writeAnswer } from "./write-answer.ts";

/** Answers those who run the gateway, at an address that others need not reach. */
export interface AdminServer extends Closeable {
  /** Rejects with a `ConfigError` when the address cannot be had. */
  start(): Promise<string>;
}

interface AdminParts {
  readonly address: string;
  readonly paths: readonly FixedPath[];
  readonly reception: Reception;
  failed(reason: unknown, request: FailedRequest): HttpAnswer;
}

/** A plain HTTP server with these paths and no others; it goes on answering while the gateway drains. */
export function adminServer({ address, paths, reception, failed }: AdminParts): AdminServer {
  const table = fixedPaths(paths);
  const server = createServer(async (raw, response) => {
    const answer = async (): Promise<HttpAnswer> => {
      const request = new ArrivedRequest(raw, response, undefined, reception);
      const fixed = table(request.path);
      if (!fixed) throw notFound(gatewayId, `nothing is served at ${request.path} of the admin address`);
      return fixed.answer(request);
    };
    writeAnswer(
      response,
      await answer().catch((reason) => failed(reason, { method: raw.method ?? "GET", url: raw.url ?? "/" })),
      [],
    );
  });
  const close = closeOnce(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { start: () => bind(server, address), ...closeable(close) };
}
