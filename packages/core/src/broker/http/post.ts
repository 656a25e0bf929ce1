import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { Node } from "../../registry/registry.ts";
import type { Clock } from "../../words/clock.ts";
import { MicroError, parseError, timeout, unavailable } from "../../words/errors.ts";
import { brokerId } from "../checks.ts";
import type { Outcome } from "../lane.ts";

export interface PosterOptions {
  /** How long a subscriber may take to answer, in milliseconds. Go programs answer when their handler is done. */
  readonly answerTimeoutMs: number;
  /** Trusted authorities, and this side's certificate, for subscribers that are `secure`. */
  readonly tls: Pick<SecureContextOptions, "ca" | "cert" | "key"> | undefined;
  readonly clock: Clock;
}

/** Sends messages to the subscribers' listeners over connections that are kept. */
export interface Poster {
  post(node: Node, path: string, body: Buffer): Promise<Outcome>;
  /** Ends all connections. */
  destroy(): void;
}

export function createPoster({ answerTimeoutMs, tls, clock }: PosterOptions): Poster {
  const http = new HttpAgent({ keepAlive: true, maxFreeSockets: maxIdlePerNode });
  const https = new HttpsAgent({ keepAlive: true, maxFreeSockets: maxIdlePerNode, ...tls });

  function open(node: Node, path: string, body: Buffer): ClientRequest {
    const secure = node.metadata.secure === "true";
    const url = `${secure ? "https" : "http"}://${node.address}${path}?id=${queryEscape(node.id)}`;
    const headers = { "content-type": "application/json", "content-length": body.length };
    return secure
      ? httpsRequest(url, { method: "POST", agent: https, headers })
      : httpRequest(url, { method: "POST", agent: http, headers });
  }

  function attempt(node: Node, path: string, body: Buffer): Promise<Outcome | "stale"> {
    return new Promise((resolve) => {
      let request: ClientRequest;
      try {
        request = open(node, path, body);
      } catch (reason) {
        // The address in the registry is none.
        return resolve(
          unavailable(brokerId, `cannot post to subscriber ${node.id} at ${node.address}: ${text(reason)}`),
        );
      }
      const stopTimer = clock.after(answerTimeoutMs, () => {
        const detail = `subscriber ${node.id} at ${node.address} did not answer within ${answerTimeoutMs} ms; it may have the message`;
        resolve(timeout(brokerId, detail));
        request.destroy();
      });
      request.once("error", (reason) => {
        stopTimer();
        resolve(request.reusedSocket && codeOf(reason) === "ECONNRESET" ? "stale" : { unreachable: text(reason) });
      });
      request.once("response", (response) => {
        void readAnswer(response, node).then((outcome) => {
          stopTimer();
          resolve(outcome);
        });
      });
      request.end(body);
    });
  }

  return {
    async post(node, path, body) {
      let outcome = await attempt(node, path, body);
      // The peer had closed idle connections; each try takes one out of the pool, so this ends.
      while (outcome === "stale") outcome = await attempt(node, path, body);
      return outcome;
    },
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

const maxIdlePerNode = 16;
const maxAnswerBytes = 4_096;

/** Resolves when the answer is read; never rejects. */
function readAnswer(response: IncomingMessage, node: Node): Promise<Outcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      if (length < maxAnswerBytes) chunks.push(chunk);
      length += chunk.length;
    });
    response.once("error", (reason) => resolve({ unreachable: text(reason) }));
    response.once("end", () => resolve(outcomeOf(response, node, Buffer.concat(chunks).toString("utf8"))));
  });
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, node: Node, body: string): Outcome {
  // go-micro answers 200 to everything it could read; this header, which it overlooks, tells the rest.
  const refusal = headers["micro-error"];
  if (statusCode === 200 && typeof refusal === "string") return parseError(refusal).code === 404 ? "gone" : "refused";
  if (statusCode === 200) return "taken";
  if (statusCode === 503 || statusCode === 429) return "refused";
  const detail = parseError(body.slice(0, maxAnswerBytes).trim()).detail;
  const answer = `subscriber ${node.id} at ${node.address} answered ${statusCode}: ${detail}`;
  return new MicroError(brokerId, statusCode >= 400 && statusCode < 500 ? statusCode : 502, answer, { answered: true });
}

/** A value of a query as Go writes it. */
export function queryEscape(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function codeOf(reason: Error): unknown {
  return "code" in reason ? reason.code : undefined;
}

function text(reason: unknown): string {
  return reason instanceof Error ? reason.message || String(codeOf(reason)) : String(reason);
}
