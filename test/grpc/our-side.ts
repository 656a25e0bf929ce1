import {
  type Client,
  type ClientOptions,
  createClient,
  createServer,
  grpc,
  memoryRegistry,
  type Protocol,
  registrySelector,
  type Server,
  type ServerOptions,
  type TypedClient,
} from "@micro/core";
import { TestService } from "./src/gen/test.ts";
import { testHandlers } from "./src/test-service.ts";

/** The interop service on our server. */
export async function startOurServer(
  protocol: Protocol = grpc,
  options: Pick<ServerOptions, "tls" | "compression"> = {},
): Promise<{ server: Server; port: number }> {
  const server = createServer({ name: "grpc.testing", address: "127.0.0.1:0", protocols: [protocol], ...options });
  server.handle(TestService, testHandlers);
  await server.start();
  return { server, port: Number(server.address.split(":").at(-1)) };
}

/** Our client, for calls by address. */
export interface OurClient extends AsyncDisposable {
  readonly client: Client;
  readonly calls: TypedClient<(typeof TestService)["methods"]>;
}

/** A client that finds nobody by name. */
export function openOurClient(
  protocol: Protocol = grpc,
  options: Pick<ClientOptions, "tls" | "compression"> = {},
): OurClient {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [protocol], ...options });
  return {
    client,
    calls: client.of(TestService, "grpc.testing"),
    async [Symbol.asyncDispose]() {
      await client.close();
      await selector.close();
      await registry.close();
    },
  };
}
