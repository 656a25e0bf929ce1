import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "@micro/core";

/** One process of the fleet, as far as it can be stopped and killed. */
export interface FleetNode {
  /** Unique in the fleet: `user-1`. */
  readonly name: string;
  /** Where it can be called. */
  readonly address: string;
  readonly state: NodeState;
  /** Its view of time: stands while it is paused and ends when it crashes. */
  readonly clock: Clock;
  /** Does what arrives at the node: at once, when it goes on again, or never. */
  deliver(action: () => void): void;
  /** Runs code as this node's, so that timers it sets are the node's own. */
  inside<T>(action: () => T): T;
  pause(): void;
  resume(): void;
  crash(): void;
  /** Tells when it crashes. */
  onCrash(listener: () => void): void;
}

export type NodeState = "running" | "paused" | "crashed";

const current = new AsyncLocalStorage<FleetNode>();

/** The node whose code runs; undefined in the code of the test. */
export function runningNode(): FleetNode | undefined {
  return current.getStore();
}

export function createNode(name: string, address: string, clock: Clock): FleetNode {
  const timers = new Set<() => void>();
  const crashListeners: (() => void)[] = [];
  let arrived: (() => void)[] = [];
  let state: NodeState = "running";

  const node: FleetNode = {
    name,
    address,
    get state() {
      return state;
    },
    clock: {
      now: clock.now,
      after(ms, action, options) {
        // A killed process may run on to its next wait, but that never ends.
        if (state === "crashed") return () => undefined;
        let cancelled = false;
        const fire = (): void => {
          timers.delete(stop);
          node.deliver(() => {
            if (!cancelled) action();
          });
        };
        const stop = clock.after(ms, fire, options);
        timers.add(stop);
        return () => {
          cancelled = true;
          timers.delete(stop);
          stop();
        };
      },
    },
    deliver(action) {
      if (state === "running") current.run(node, action);
      else if (state === "paused") arrived.push(action);
    },
    inside: (action) => current.run(node, action),
    pause() {
      if (state === "running") state = "paused";
    },
    resume() {
      if (state !== "paused") return;
      state = "running";
      const actions = arrived;
      arrived = [];
      for (const action of actions) node.deliver(action);
    },
    crash() {
      if (state === "crashed") return;
      state = "crashed";
      arrived = [];
      for (const stop of timers) stop();
      timers.clear();
      for (const listener of crashListeners) listener();
    },
    onCrash: (listener) => void crashListeners.push(listener),
  };
  return node;
}
