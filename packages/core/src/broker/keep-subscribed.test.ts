import { describe, expect, it } from "vitest";
import { testClock } from "../words/clock.ts";
import { badRequest, unavailable } from "../words/errors.ts";
import type { Broker } from "./broker.ts";
import { keepSubscribed } from "./keep-subscribed.ts";
import { memoryBroker } from "./memory.ts";
import { memoryHub } from "./memory-hub.ts";

const handler = (): void => undefined;

function failing(times: number, reason: () => Error): { broker: Broker; tries: () => number } {
  const sound = memoryBroker();
  let tries = 0;
  const subscribe: Broker["subscribe"] = async (topic, own, options) => {
    if (++tries <= times) throw reason();
    return sound.subscribe(topic, own, options);
  };
  return { broker: { ...sound, subscribe }, tries: () => tries };
}

describe("keepSubscribed", () => {
  it("tries again, after growing pauses, while the broker cannot be reached", async () => {
    const clock = testClock();
    const { broker, tries } = failing(2, () => unavailable("test", "down"));
    const kept = keepSubscribed({ broker, topic: "greeted", handler, clock });
    await kept.tried;
    expect(tries()).toBe(1);
    await clock.advance(500);
    expect(tries()).toBe(2);
    await clock.advance(1_000);
    expect(tries()).toBe(3);
    await clock.advance(100_000);
    expect(tries()).toBe(3);
    await kept.stop();
  });

  it("rejects what can never be", async () => {
    const { broker } = failing(1, () => badRequest("test", "no such topic"));
    const kept = keepSubscribed({ broker, topic: "greeted", handler });
    await expect(kept.tried).rejects.toMatchObject({ code: 400 });
    await kept.stop();
  });

  it("unsubscribes when it is stopped, and stops trying", async () => {
    const clock = testClock();
    const hub = memoryHub();
    const got: string[] = [];
    const kept = keepSubscribed({
      broker: memoryBroker({ hub }),
      topic: "greeted",
      handler: ({ topic }) => void got.push(topic),
      clock,
    });
    await kept.tried;
    await kept.stop();
    await memoryBroker({ hub }).publish("greeted", { headers: {}, body: new Uint8Array(0) });
    expect(got).toEqual([]);
    const { broker, tries } = failing(9, () => unavailable("test", "down"));
    const trying = keepSubscribed({ broker, topic: "greeted", handler, clock });
    await trying.tried;
    await trying.stop();
    await clock.advance(100_000);
    expect(tries()).toBe(1);
  });
});
