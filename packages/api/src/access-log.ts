import type { IncomingMessage } from "node:http";
import { type Logger, type LogLevel, logLevels } from "@micro/core";

/** How a request ended. */
export interface Outcome {
  /** 499 when the peer went away before its answer. */
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
}

/** Notes a request that begins; what it gives is called when it has ended. */
export type AccessLog = (request: IncomingMessage, url: string) => (outcome: Outcome) => void;

/**
 * One line a request, in the manner of Apache's combined format; the logger writes the time. What it gives is
 * undefined while the logger would not write the line, so that nothing is put together in vain.
 */
export function accessLog(logger: Logger): () => AccessLog | undefined {
  const log: AccessLog = (request, url) => {
    const began = performance.now();
    const peer = request.socket.remoteAddress ?? "-"; // gone by the time of the line when the peer went away
    return ({ status, bytes }) => {
      const { referer = "-", "user-agent": agent = "-" } = request.headers;
      const line = quoted(`${request.method} ${url} HTTP/${request.httpVersion}`);
      const tookMs = (performance.now() - began).toFixed(1);
      logger.info(`${peer} ${line} ${status} ${bytes} ${quoted(referer)} ${quoted(agent)} ${tookMs}ms`);
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
