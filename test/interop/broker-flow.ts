import type { Broker } from "@micro/core";
import type { Told } from "./pubsub.ts";

/** Publishes numbered messages at a steady pace until it is stopped. */
export interface Flow {
  /** Stops, and resolves when all were taken over; how many there were, and how many of them the publisher was refused. */
  stop(): Promise<{ published: number; failed: number }>;
}

export interface FlowOptions {
  topic: string;
  perSecond: number;
}

/** Each message follows the one before it into the broker, so that a machine that is slow slows the flow and nothing else. */
export function startOurFlow(broker: Broker, { topic, perSecond }: FlowOptions): Flow {
  const began = performance.now();
  let [published, failed, stopped] = [0, 0, false];

  async function publishAll(): Promise<void> {
    while (!stopped) {
      const dueMs = began + ((published + 1) * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      const message = { headers: { number: String(++published) }, body: new Uint8Array() };
      await broker.publish(topic, message, { timeoutMs: 60_000 }).catch(() => void failed++);
    }
  }

  const publishing = publishAll();
  return {
    async stop() {
      stopped = true;
      await publishing;
      return { published, failed };
    },
  };
}

export async function startGoFlow(go: Told, { topic, perSecond }: FlowOptions): Promise<Flow> {
  await go.order("/broker/flow/start", { Topic: topic, PerSecond: perSecond });
  return { stop: () => go.order("/broker/flow/stop") };
}
