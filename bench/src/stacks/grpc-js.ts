import { fileURLToPath } from "node:url";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { testCertificate, testKey } from "@micro/testbed";
import { blob, deadlineMs, message, notOffered, type Stack, wish } from "./stack.ts";

type Done = (error: Error | null, reply: unknown) => void;

/** `@grpc/grpc-js` with `@grpc/proto-loader`, as its documentation shows, sending the deadline and headers that ours sends. */
export function grpcJsStack({ tls = false }: { tls?: boolean } = {}): Stack {
  return {
    async serve() {
      const server = new Server();
      const echo = (call: { request: unknown }, done: Done): void => done(null, call.request);
      server.addService(service().service, { Unary: echo, Large: echo, Stream: stream });
      const key = { private_key: Buffer.from(testKey), cert_chain: Buffer.from(testCertificate) };
      const secured = tls ? ServerCredentials.createSsl(null, [key]) : ServerCredentials.createInsecure();
      const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", secured, (error, bound) => (error ? reject(error) : resolve(bound)));
      });
      return { address: `127.0.0.1:${port}` };
    },
    async connect(address, endpoint) {
      const secured = tls ? credentials.createSsl(Buffer.from(testCertificate)) : credentials.createInsecure();
      // Otherwise it names an address as the server's name, which node warns about.
      const named = tls ? { "grpc.ssl_target_name_override": "localhost" } : {};
      const client = new (service())(address, secured, named);
      const headers = new Metadata();
      headers.set("micro-from-service", "bench");
      headers.set("timeout", `${deadlineMs}000000`);
      headers.set("x-content-type", "application/grpc+proto");
      const options = () => ({ deadline: Date.now() + deadlineMs });
      if (endpoint === "stream") {
        const open = (client.Stream as (...args: unknown[]) => AsyncIterable<unknown>).bind(client);
        return async () => {
          let messages = 0;
          for await (const _ of open(wish, headers, options())) messages++;
          return messages;
        };
      }
      if (endpoint !== "unary" && endpoint !== "large") return notOffered(endpoint);
      const [method, request] = endpoint === "unary" ? [client.Unary, message] : [client.Large, blob];
      const unary = (method as (...args: unknown[]) => void).bind(client);
      return () =>
        new Promise((resolve, reject) => {
          unary(request, headers, options(), (error: Error | null) => (error ? reject(error) : resolve(1)));
        });
    },
  };
}

async function stream(call: ServerWritableStream<typeof wish, unknown>): Promise<void> {
  const reply = { body: Buffer.alloc(call.request.bytes, "0123456789") };
  for (let index = 0; index < call.request.messages; index++) {
    if (!call.write(reply)) await new Promise((resolve) => call.once("drain", resolve));
  }
  call.end();
}

function service(): ServiceClientConstructor {
  const path = fileURLToPath(new URL("../../proto/echo.proto", import.meta.url));
  const loaded = loadPackageDefinition(loadSync(path)) as unknown as { bench: { Echo: ServiceClientConstructor } };
  return loaded.bench.Echo;
}
