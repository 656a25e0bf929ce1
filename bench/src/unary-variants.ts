import { fileURLToPath } from "node:url";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { createClient, createServer, grpc, grpcJs, type Protocol, type Selector } from "@micro/core";
import { Echo } from "./gen/echo.ts";

/** One way to serve and to make the same call. */
export interface Variant {
  serve(): Promise<{ address: string }>;
  connect(address: string): () => Promise<unknown>;
}

const message = {
  name: "huohuo",
  number: 1_589_270_887,
  text: "a text of some forty characters, no more",
  tags: ["a", "b"],
};
const deadlineMs = 5_000;

/** `@grpc/grpc-js` with `@grpc/proto-loader`, as its documentation shows, sending the deadline and headers that ours sends. */
const raw: Variant = {
  async serve() {
    const server = new Server();
    const echo = rawService();
    server.addService(echo.service, {
      Unary: (call: { request: unknown }, respond: (error: null, reply: unknown) => void) =>
        respond(null, call.request),
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return { address: `127.0.0.1:${port}` };
  },
  connect(address) {
    const client = new (rawService())(address, credentials.createInsecure());
    const headers = new Metadata();
    headers.set("micro-from-service", "bench");
    headers.set("timeout", `${deadlineMs}000000`);
    headers.set("x-content-type", "application/grpc+proto");
    const unary = (client.Unary as (...args: unknown[]) => void).bind(client);
    return () =>
      new Promise((resolve, reject) => {
        unary(message, headers, { deadline: Date.now() + deadlineMs }, (error: Error | null, reply: unknown) =>
          error ? reject(error) : resolve(reply),
        );
      });
  },
};

/** The framework's client and server over an engine, with selection, deadline and metadata; logging off. */
const over = (engine: Protocol): Variant => ({
  async serve() {
    const server = createServer({ name: "bench", address: "127.0.0.1:0", protocols: [engine] });
    server.handle(Echo, { unary: (request) => request });
    await server.start();
    return { address: server.address };
  },
  connect(address) {
    const client = createClient({
      selector: fixed(address),
      protocols: [engine],
      metadata: { "micro-from-service": "bench" },
    });
    const { unary } = client.of(Echo, "bench");
    const ours = { ...message, number: BigInt(message.number) };
    return () => unary(ours);
  },
});

export const variants: Readonly<Record<string, Variant>> = { raw, "micro on grpc-js": over(grpcJs), micro: over(grpc) };

function rawService(): ServiceClientConstructor {
  const path = fileURLToPath(new URL("../proto/echo.proto", import.meta.url));
  const loaded = loadPackageDefinition(loadSync(path)) as unknown as { bench: { Echo: ServiceClientConstructor } };
  return loaded.bench.Echo;
}

// One node that is always there: the registry has a bench of its own.
function fixed(address: string): Selector {
  const node = { id: "bench-1", address, metadata: { protocol: "grpc" } };
  const candidate = { node, record: { name: "bench", version: "latest", metadata: {}, endpoints: [], nodes: [node] } };
  const close = async (): Promise<void> => undefined;
  return { select: () => () => candidate, mark: () => undefined, close, [Symbol.asyncDispose]: close };
}
