import { expect } from "vitest";
import { eventually } from "../patience.ts";
import type { Case } from "../suite.ts";
import { follow } from "./follower.ts";
import type { RegistryHarness } from "./harness.ts";
import { freshName, nodeOf, recordOf } from "./records.ts";

/** What a watch says of its own connection. */
export const contactCases: readonly Case<RegistryHarness>[] = [
  {
    name: "tells a watch once when it loses touch with the backend and once when it is in touch again",
    skip: needsCut,
    async run(harness) {
      await using registry = await harness.open();
      const name = freshName();
      const contacts: boolean[] = [];
      const onContact = (inTouch: boolean): void => void contacts.push(inTouch);
      const watch = await follow(registry, harness, { service: name, onContact });
      await registry.register(recordOf(name, [nodeOf(name, 1)]));
      await watch.until("node 1", () => watch.nodes.has(`${name}-1`));
      expect(contacts).toEqual([]);
      for (const turn of [1, 2]) {
        await cutFor(harness, async () => {
          await eventually(harness, async () => expect(contacts).toHaveLength(2 * turn - 1));
          expect(contacts.at(-1)).toBe(false);
          expect(watch.nodes.has(`${name}-1`)).toBe(true);
        });
        await eventually(harness, async () => expect(contacts).toHaveLength(2 * turn));
        expect(contacts.at(-1)).toBe(true);
      }
      await registry.register(recordOf(name, [nodeOf(name, 2)]));
      await watch.until("node 2", () => watch.nodes.has(`${name}-2`));
      expect(contacts).toHaveLength(4);
      await watch.stop();
    },
  },
  {
    name: "tells a watch that has ended nothing of lost touch",
    skip: needsCut,
    async run(harness) {
      await using registry = await harness.open();
      const ended: boolean[] = [];
      const lasting: boolean[] = [];
      const first = await follow(registry, harness, { onContact: (inTouch) => void ended.push(inTouch) });
      const second = await follow(registry, harness, { onContact: (inTouch) => void lasting.push(inTouch) });
      await first.stop();
      await cutFor(harness, () => eventually(harness, async () => expect(lasting).toEqual([false])));
      await eventually(harness, async () => expect(lasting).toEqual([false, true]));
      expect(ended).toEqual([]);
      await second.stop();
    },
  },
];

function needsCut(harness: RegistryHarness): string | undefined {
  return harness.cutOff ? undefined : "there is no connection to the backend that could be cut";
}

async function cutFor(harness: RegistryHarness, action: () => Promise<void>): Promise<void> {
  const restore = await harness.cutOff?.();
  try {
    await action();
  } finally {
    await restore?.();
  }
}
