import { freePort, waitForPort } from "@micro/testbed";
import { startGo } from "./go-peer.ts";
import type { Told } from "./pubsub.ts";

/** The http broker of go-micro v1.18.0, whose dialect v2.5 and later do not speak. */
export interface OlderBroker extends Told {
  stop(): Promise<void>;
}

/** Starts what `requireGo("older")` built. */
export async function startOlderBroker(etcd: readonly string[]): Promise<OlderBroker> {
  const control = await freePort();
  const process = await startGo("older", "broker of go-micro v1", [], {
    OLDER_ETCD: etcd.join(","),
    OLDER_CONTROL: `127.0.0.1:${control}`,
  });
  await waitForPort(control);
  return {
    process,
    async order<T>(path: string, body?: unknown): Promise<T> {
      const url = `http://127.0.0.1:${control}${path}`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${process.name} ${path}: ${text.trim()}`);
      return JSON.parse(text) as T;
    },
    stop: async () => void (await process.stop()),
  };
}
