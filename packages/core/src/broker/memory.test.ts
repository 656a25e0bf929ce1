import { describe, expect, it } from "vitest";
import { memoryRegistry } from "../registry/memory.ts";
import { testClock } from "../words/clock.ts";
import { silentLogger } from "../words/logger.ts";
import { memoryBroker, memoryBrokerPlugin } from "./memory.ts";

const message = { headers: {}, body: new Uint8Array(0) };

describe("memoryBroker", () => {
  it("shares one hub among all that are opened by name, and none otherwise", async () => {
    const options = { addresses: [], logger: silentLogger, registry: memoryRegistry() };
    await using first = await memoryBrokerPlugin.open(options);
    await using second = await memoryBrokerPlugin.open(options);
    await using alone = memoryBroker();
    const got: string[] = [];
    await alone.subscribe("greeted", () => void got.push("alone"));
    const arrived = new Promise<void>((resolve) => {
      void second.subscribe("greeted", () => {
        got.push("second");
        resolve();
      });
    });
    await first.publish("greeted", message);
    await arrived;
    expect(got).toEqual(["second"]);
  });

  it("logs what a handler throws when nobody else wants to know", async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, error: (_fields: unknown, text?: string) => void lines.push(String(text)) };
    await using broker = memoryBroker({ logger });
    const subscription = await broker.subscribe("greeted", () => Promise.reject(new Error("thrown")));
    await broker.publish("greeted", message);
    await subscription.unsubscribe();
    expect(lines).toEqual(["handler of topic greeted failed: thrown"]);
  });

  it("is closed although a handler never ends, and says so", async () => {
    const clock = testClock();
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (text: unknown) => void lines.push(String(text)) };
    const broker = memoryBroker({ clock, logger, drainTimeoutMs: 1_000 });
    await broker.subscribe("greeted", () => new Promise(() => undefined));
    await broker.publish("greeted", message);
    const closed = broker.close();
    await clock.advance(1_000);
    await closed;
    expect(lines).toEqual(["handlers were still running 1000 ms after the memory broker was closed"]);
  });
});
