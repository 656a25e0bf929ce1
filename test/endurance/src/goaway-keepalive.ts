import { once } from "node:events";
import { constants, createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { credentials, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { createClient, grpc, memoryRegistry, registrySelector } from "@micro/core";
import { Task, Work } from "./gen/work.ts";

/** How a call ended that was under way when the server said goodbye: `answered`, or the error. */
export interface GoawayReport {
  /** grpc-js with keepalive, whose ping after the goodbye kills the call (grpc-node#3068). */
  readonly "grpc-js": string;
  readonly micro: string;
}

const pingMs = 50;
const holdMs = 500;

/**
 * A server that says a graceful goodbye (GOAWAY naming the call as one it will still answer) as soon as a call has
 * come, goes on pinging, and answers the call half a second later.
 */
export async function goawayKeepalive(): Promise<GoawayReport> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined); // the client ends it in whatever way
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream) => {
    const { session } = stream;
    stream.on("error", () => undefined); // as above
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id);
    const pinging = setInterval(() => session && !session.closed && session.ping(() => undefined), pingMs);
    setTimeout(() => {
      clearInterval(pinging);
      if (!stream.destroyed) stream.end(message(Task.encode({ number: 7n })));
    }, holdMs);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return { "grpc-js": await viaGrpcJs(address), micro: await viaOurs(address) };
  } finally {
    for (const session of sessions) session.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function viaGrpcJs(address: string): Promise<string> {
  const Client = makeGenericClientConstructor({}, "");
  const options = { "grpc.keepalive_time_ms": pingMs, "grpc.keepalive_timeout_ms": 10 * holdMs };
  const client = new Client(address, credentials.createInsecure(), options);
  return new Promise((resolve) => {
    const same = (bytes: Buffer): Buffer => bytes;
    const request = Buffer.from(Task.encode({ number: 7n }));
    const done = (error: ServiceError | null): void => {
      client.close();
      resolve(error ? error.message : "answered");
    };
    client.makeUnaryRequest("/endurance.Work/Look", same, same, request, { deadline: Date.now() + 10 * holdMs }, done);
  });
}

async function viaOurs(address: string): Promise<string> {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [grpc], retries: 0 });
  try {
    const { number } = await client.of(Work, "endurance").look({ number: 7n }, { address, timeoutMs: 10 * holdMs });
    return number === 7n ? "answered" : `answered with ${number}`;
  } catch (reason) {
    return String(reason);
  } finally {
    await client.close();
    await selector.close();
    await registry.close();
  }
}

function message(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
