import { type Clock, memoryRegistry, registrySelector, type Strategy } from "@micro/core";
import type { SelectorBench } from "../src/index.ts";

/** A registry selector over a memory registry. */
export function selectorBench(clock: Clock, strategy: Strategy): SelectorBench {
  const registry = memoryRegistry({ clock });
  const selector = registrySelector({ registry, strategy, clock });
  const close = async (): Promise<void> => {
    await selector.close();
    await registry.close();
  };
  return {
    selector,
    add: (record) => registry.register(record),
    remove: (record) => registry.deregister(record),
    close,
    [Symbol.asyncDispose]: close,
  };
}
