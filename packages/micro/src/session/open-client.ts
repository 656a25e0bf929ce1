import {
  type Client,
  closeable,
  createClient,
  grpc,
  type Logger,
  legacyMucp,
  mucp,
  type Registry,
  registrySelector,
} from "@micro/core";
import type { SessionValues } from "./session-flags.ts";

/** A client over the registry that calls nodes of every protocol. Closing it leaves the registry open. */
export function openClient(values: SessionValues, registry: Registry, logger: Logger): Client {
  const selector = registrySelector({ registry, logger });
  const client = createClient({
    selector,
    protocols: [grpc, mucp, legacyMucp],
    metadata: { "micro-from-service": "go.micro.cli" },
    ...(values.client_request_timeout !== undefined && { timeoutMs: values.client_request_timeout }),
    ...(values.client_retries !== undefined && { retries: values.client_retries }),
  });
  const close = async (): Promise<void> => {
    await client.close();
    await selector.close();
  };
  return { ...client, ...closeable(close) };
}
