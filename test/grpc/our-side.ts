import {
  type Client,
  createClient,
  createServer,
  grpc,
  memoryRegistry,
  type Protocol,
  registrySelector,
  type Server,
  type TypedClient,
} from "@micro/core";
import { TestService } from "./src/gen/test.ts";
import { testHandlers } from "./src/test-service.ts";

/** The interop service on our server. */
export async function startOurServer(protocol: Protocol = grpc): Promise<{ server: Server; port: number }> {
  const server = createServer({ name: "grpc.testing", address: "127.0.0.1:0", protocols: [protocol] });
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
export function openOurClient(protocol: Protocol = grpc): OurClient {
  const registry = memoryRegistry();
  const selector = registrySelector({ registry });
  const client = createClient({ selector, protocols: [protocol] });
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
