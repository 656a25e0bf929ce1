import type { IncomingMessage } from "node:http";
import { type Logger, type LogLevel, logLevels } from "@micro/core";
import { maskedUrl } from "./masked-url.ts";

/** How a request ended. */
export interface Outcome {
  /** 499 when the peer went away before its answer. */
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** What the gateway made of the request; absent when it was refused before that. */
  readonly request?: Meant | undefined;
}

interface Meant {
  readonly id: string;
  readonly route: { readonly service: string; readonly endpoint: string } | undefined;
}

/** Notes a request that begins; what it gives is called when it has ended. */
export type AccessLog = (request: IncomingMessage, url: string) => (outcome: Outcome) => void;

/**
 * One line a request, in the manner of Apache's combined format, and behind it the time it took, the endpoint it went to
 * and the request's id; the logger writes the time of day. Secrets in queries are not shown. `peerOf` tells whom to
 * name as the peer. What it gives is undefined while the logger would not write the line, so that nothing is put together in vain.
 */
export function accessLog(logger: Logger, peerOf: (request: IncomingMessage) => string): () => AccessLog | undefined {
  const log: AccessLog = (raw, url) => {
    const began = performance.now();
    const peer = peerOf(raw) || "-"; // gone by the time of the line when the peer went away
    return ({ status, bytes, request }) => {
      const { referer = "-", "user-agent": agent = "-" } = raw.headers;
      const line = quoted(`${raw.method} ${maskedUrl(url)} HTTP/${raw.httpVersion}`);
      const tookMs = (performance.now() - began).toFixed(1);
      const { service = "-", endpoint = "-" } = request?.route ?? {};
      logger.info(
        `${peer} ${line} ${status} ${bytes} ${quoted(maskedUrl(referer))} ${quoted(agent)} ${tookMs}ms ${service} ${endpoint} ${request?.id ?? "-"}`,
      );
    };
  };
  return () => (writes(logger.level, "info") ? log : undefined);
}

/** Between quotes, with everything escaped that could end them or the line. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function writes(level: LogLevel, wanted: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(wanted);
}
