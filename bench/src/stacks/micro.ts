import {
  createClient,
  createServer,
  type Handlers,
  memoryRegistry,
  type Protocol,
  registrySelector,
  type TypedClient,
} from "@micro/core";
import { testCertificate, testKey } from "@micro/testbed";
import { Echo } from "../gen/echo.ts";
import { blob, type Call, type Endpoint, message, notOffered, type Stack, wish } from "./stack.ts";

/** What the framework answers, wherever it stands. */
export const handlers: Handlers<(typeof Echo)["methods"]> = {
  unary: (request) => request,
  large: (request) => request,
  async *stream({ messages, bytes }) {
    const reply = { body: Buffer.alloc(bytes, "0123456789") };
    for (let index = 0; index < messages; index++) yield reply;
  },
};

/** The framework's client and server over an engine, with selection, deadline and metadata; logging off. */
export function microStack(engine: Protocol, { tls = false }: { tls?: boolean } = {}): Stack {
  return {
    async serve() {
      const secured = tls && { tls: { key: testKey, cert: testCertificate } };
      const server = createServer({ name: "bench", address: "127.0.0.1:0", protocols: [engine], ...secured });
      server.handle(Echo, handlers);
      await server.start();
      return { address: server.address };
    },
    async connect(address, endpoint) {
      const registry = memoryRegistry();
      const node = { id: "bench-1", address, metadata: { protocol: "grpc" } };
      await registry.register({ name: "bench", version: "latest", metadata: {}, endpoints: [], nodes: [node] });
      const client = createClient({
        selector: registrySelector({ registry }),
        protocols: [engine],
        metadata: { "micro-from-service": "bench" },
        ...(tls && { tls: { ca: testCertificate } }),
      });
      return callOf(client.of(Echo, "bench"), endpoint);
    },
  };
}

/** One of the calls, made by a typed client. */
export function callOf(calls: TypedClient<(typeof Echo)["methods"]>, endpoint: Endpoint): Call {
  const ours = { ...message, number: BigInt(message.number) };
  if (endpoint === "unary") return () => calls.unary(ours).then(one);
  if (endpoint === "large") return () => calls.large(blob).then(one);
  if (endpoint !== "stream") return notOffered(endpoint);
  return async () => {
    let messages = 0;
    for await (const _ of calls.stream(wish, { timeoutMs: 5_000 })) messages++;
    return messages;
  };
}

const one = (): number => 1;
