import { createServer } from "node:http";
import { closeable, closeOnce } from "@micro/core";
import { bind } from "../bind.ts";
import type { Challenges } from "./challenges.ts";

/** Answers the authority's questions over plain HTTP. */
export interface ChallengeServer extends Challenges {
  /** Resolves with where it listens. */
  start(): Promise<string>;
}

const path = "/.well-known/acme-challenge/";

/** Knows challenges, and sends everybody else who asks for one of the hosts to HTTPS. */
export function challengeServer(address: string, hosts: readonly string[]): ChallengeServer {
  const answers = new Map<string, string>();
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8 * 1024 }, (request, response) => {
    const { url = "/" } = request;
    const answer = url.startsWith(path) ? answers.get(url.slice(path.length)) : undefined;
    const host = request.headers.host?.toLowerCase().replace(/:\d+$/, "") ?? "";
    if (answer !== undefined) response.setHeader("content-type", "text/plain").end(answer);
    // Only to names that are its own: a redirect to whatever a header says would lend our name to others.
    else if (hosts.includes(host) && url.startsWith("/"))
      response.writeHead(308, { location: `https://${host}${url}` }).end();
    else response.writeHead(404).end();
  });
  const close = closeOnce(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    type: "http-01",
    start: () => bind(server, address),
    put: ({ token, answer }) => void answers.set(token, answer),
    remove: ({ token }) => void answers.delete(token),
    ...closeable(close),
  };
}
