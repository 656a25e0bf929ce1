import type { Service } from "@micro/core";
import { describe, expect, it } from "vitest";
import { explore, type Fleet } from "../src/index.ts";

const topic = "jobs.done";

/** A started service that writes down what it hears, taking a while over each message. */
async function listener(
  fleet: Fleet,
  heard: number[],
  options: { queue?: string; autoAck?: boolean } = {},
): Promise<Service> {
  const service = fleet.service({ name: "go.micro.srv.listener" }).subscribe(
    topic,
    async (value: { n: number }, context) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      heard.push(value.n);
      context.ack();
    },
    options,
  );
  await service.start();
  return service;
}

async function publishAll(fleet: Fleet, publisher: Service, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await publisher.publish(topic, { n });
    await fleet.sleep(fleet.random.between(0, 30));
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

// Many seeds take a while on a busy machine.
describe("messages under faults", { timeout: 120_000 }, () => {
  it("come to each subscriber in the order in which one publisher published them", () =>
    explore({ seeds: 100 }, async (fleet) => {
      fleet.network.faults({ delayMs: [1, 80] }, fleet.broker);
      const heard: number[][] = [[], []];
      for (const each of heard) await listener(fleet, each);
      await publishAll(fleet, fleet.service({ name: "go.micro.cli" }), 30);
      await fleet.sleep(10_000);
      expect(heard).toEqual([numbers(30), numbers(30)]);
    }));

  it("keep their order over a partition, and come late instead of never", () =>
    explore({ seeds: 100 }, async (fleet) => {
      fleet.network.faults({ delayMs: [1, 80] }, fleet.broker);
      const heard: number[] = [];
      const service = await listener(fleet, heard);
      const publishing = publishAll(fleet, fleet.service({ name: "go.micro.cli" }), 30);
      await fleet.sleep(fleet.random.between(0, 1_000));
      const mend = fleet.network.isolate(service);
      await fleet.sleep(fleet.random.between(0, 3_000));
      mend();
      await publishing;
      await fleet.sleep(10_000);
      expect(heard).toEqual(numbers(30));
    }));

  it("come to one of a queue each, and to another when that one is killed before it acknowledged", () =>
    explore({ seeds: 100 }, async (fleet) => {
      fleet.network.faults({ delayMs: [1, 40] }, fleet.broker);
      const heard: number[] = [];
      const members: Service[] = [];
      for (let n = 0; n < 3; n++) members.push(await listener(fleet, heard, { queue: "work", autoAck: false }));
      const publishing = publishAll(fleet, fleet.service({ name: "go.micro.cli" }), 30);
      await fleet.sleep(fleet.random.between(0, 500));
      const [first] = members;
      if (first) fleet.crash(first);
      await publishing;
      await fleet.sleep(10_000);
      expect([...new Set(heard)].sort((a, b) => a - b)).toEqual(numbers(30));
      // Only what the killed one had done without saying so is done again.
      expect(heard.length).toBeLessThanOrEqual(31);
    }));

  it("come twice when the network sends them twice", () =>
    explore({ seeds: 10 }, async (fleet) => {
      fleet.network.faults({ duplicateRate: 0.5 }, fleet.broker);
      const heard: number[] = [];
      await listener(fleet, heard);
      await publishAll(fleet, fleet.service({ name: "go.micro.cli" }), 20);
      await fleet.sleep(1_000);
      expect(new Set(heard)).toEqual(new Set(numbers(20)));
      expect(heard.length).toBeGreaterThan(20);
    }));

  it("are handled to the last before a subscriber has stopped", () =>
    explore({ seeds: 100 }, async (fleet) => {
      fleet.network.faults({ delayMs: [1, 40] }, fleet.broker);
      const heard: number[] = [];
      const members: Service[] = [];
      for (let n = 0; n < 2; n++) members.push(await listener(fleet, heard, { queue: "work" }));
      const publishing = publishAll(fleet, fleet.service({ name: "go.micro.cli" }), 30);
      await fleet.sleep(fleet.random.between(0, 500));
      await members[0]?.stop();
      await publishing;
      await fleet.sleep(10_000);
      expect(heard.sort((a, b) => a - b)).toEqual(numbers(30));
    }));
});
