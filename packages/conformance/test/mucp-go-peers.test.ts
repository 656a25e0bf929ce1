import { readFileSync } from "node:fs";
import {
  type IncomingCall,
  legacyMucp,
  type MethodKind,
  MicroError,
  mucpProtocol,
  noDeadline,
  type OutgoingCall,
} from "@micro/core";
import { describe, expect, it } from "vitest";
import { rawListener, rawServer } from "./mucp-raw.ts";

/** What a client and a server of go-micro v2.9.1 said to each other; bodies are those inside the framing. */
interface Exchange {
  readonly name: string;
  readonly contentType: string;
  readonly endpoint: string;
  readonly legacy?: boolean;
  readonly fromClient: string;
  readonly fromServer: string;
  readonly requests: readonly string[];
  readonly replies: readonly string[];
  /** The error's text as Go's client gave it. */
  readonly error?: string;
}

const exchanges = JSON.parse(
  readFileSync(new URL("vectors/mucp-go-micro.json", import.meta.url), "utf8"),
) as readonly Exchange[];

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (body: Uint8Array): string => Buffer.from(body).toString("latin1");
const kinds: Readonly<Record<string, MethodKind>> = { "Peer.Chat": "duplex", "Peer.Count": "server-stream" };
const kindOf = (endpoint: string): MethodKind => kinds[endpoint] ?? "unary";
const plain = mucpProtocol({ wireTypes: () => undefined });

function outgoing({ endpoint, contentType, name }: Exchange): OutgoingCall {
  return {
    target: { service: "ts.peer", endpoint, kind: kindOf(endpoint), contentType },
    metadata: name === "metadata" ? { traceid: "7", "x-user": "ann", "micro-from-service": "go.caller" } : {},
    deadline: noDeadline,
    timeoutMs: kindOf(endpoint) === "unary" ? 2_000 : undefined,
    signal: undefined,
  };
}

describe("a server of mucp towards go-micro's client", () => {
  it.each(exchanges)("reads what it says: $name", async (exchange) => {
    const seen: string[] = [];
    const calls: IncomingCall[] = [];
    await using server = await rawServer({
      kindOf,
      async unary(call, body) {
        calls.push(call);
        seen.push(text(body));
        return body;
      },
      async stream(call, messages, send) {
        calls.push(call);
        for await (const message of messages) {
          seen.push(text(message));
          await send(message);
        }
      },
    });
    await using peer = await server.dial();
    peer.write(exchange.fromClient);
    const first = await peer.read();
    expect(first.start).toBe("HTTP/1.1 200 OK");
    expect(first.headers).toMatchObject({ "Micro-Id": "0", "X-Micro-Id": "0" });
    while (seen.length < exchange.requests.length) await peer.read();
    expect(seen).toEqual(exchange.requests);
    expect(calls[0]?.endpoint).toBe(exchange.endpoint);
    expect(calls[0]?.metadata).toMatchObject({ "micro-service": "ts.peer", remote: calls[0]?.peer });
    if (exchange.name === "metadata") {
      expect(calls[0]?.metadata).toMatchObject({ traceid: "7", "x-user": "ann", "micro-from-service": "go.caller" });
    }
  });
});

describe("a client of mucp towards go-micro's server", () => {
  it.each(exchanges)("reads what it answers: $name", async (exchange) => {
    await using listener = await rawListener();
    await using connection = (exchange.legacy ? legacyMucp : plain).connect(listener.address);
    const call = outgoing(exchange);
    const replies: string[] = [];
    const calling = (async () => {
      if (call.target.kind === "unary") {
        replies.push(text(await connection.unary(call, bytes(exchange.requests[0] as string))));
        return;
      }
      for await (const reply of connection.stream(call, each(exchange.requests))) {
        replies.push(text(reply));
        // go-micro does not tell the end of a stream that its caller has ended first.
        if (replies.length === exchange.replies.length && !/Micro-Error/.test(exchange.fromServer)) return;
      }
    })().catch((reason: unknown) => reason);
    const peer = await listener.accept();
    await peer.read();
    peer.write(exchange.fromServer);
    const failure = await calling;
    expect(replies).toEqual(exchange.replies);
    if (exchange.error === undefined) expect(failure).toBeUndefined();
    else {
      expect(failure).toBeInstanceOf(MicroError);
      expect(failure).toMatchObject({ answered: true, ...expectedError(exchange.error) });
    }
  });

  it.each(exchanges.filter(({ endpoint }) => kindOf(endpoint) === "unary"))(
    "says what go-micro's client says: $name",
    async (exchange) => {
      await using listener = await rawListener();
      await using connection = (exchange.legacy ? legacyMucp : plain).connect(listener.address);
      const calling = connection
        .unary(outgoing(exchange), bytes(exchange.requests[0] as string))
        .catch(() => undefined);
      const peer = await listener.accept();
      await peer.read();
      expect(comparable(peer.all)).toBe(comparable(exchange.fromClient));
      peer.write(exchange.fromServer);
      await calling;
    },
  );
});

async function* each(texts: readonly string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const one of texts) yield bytes(one);
}

function expectedError(told: string): Record<string, unknown> {
  if (told.startsWith("{")) return JSON.parse(told) as Record<string, unknown>;
  return { code: told.startsWith("rpc: can't find") ? 404 : 500, detail: told };
}

/** Without what may differ: names of host and program, how an empty body is told, and the type that Go's v1 mode still accepts. */
function comparable(request: string): string {
  return request
    .replace(/^(Host|User-Agent|Te|Accept): .*\r\n/gm, "")
    .replace("Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n")
    .replace(/\r\n\r\n0\r\n\r\n$/, "\r\n\r\n");
}
