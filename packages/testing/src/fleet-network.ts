import type { Service } from "@micro/core";
import type { Faults } from "./faults.ts";
import type { Network } from "./network.ts";
import type { FleetNode } from "./node.ts";

/** One end of links: a service, or the fleet's registry or broker. */
export type Party = Service | Pick<FleetNode, "name" | "state">;

/** Which links faults hold for. */
export interface Links {
  /** Only messages of this party. */
  from?: Party;
  /** Only messages to this party. */
  to?: Party;
}

/** The network of a fleet, as a test breaks it. */
export interface FleetNetwork {
  /**
   * How links treat messages from now on: those between services; with a party those from and to it, whatever is at their
   * other end; with `from` and `to` those in that direction. The last that was said of a link holds, whole.
   */
  faults(faults: Faults, links?: Party | Links): void;
  /**
   * Nothing gets from one side to the other: what is sent is lost, and connecting takes until its timeout. With `oneWay` only
   * what the first side sends is lost. The answer ends it.
   */
  partition(side: readonly Party[], other: readonly Party[], options?: { oneWay?: boolean }): () => void;
  /** Cuts parties off from all others, the registry and the broker too. The answer ends it. */
  isolate(...parties: Party[]): () => void;
  /** Ends all partitions. */
  heal(): void;
}

export function fleetNetwork(
  network: Network,
  nodeOf: (party: Party) => FleetNode,
  infrastructure: readonly FleetNode[],
): FleetNetwork {
  const { trace } = network;
  const isService = (node: FleetNode): boolean => !infrastructure.includes(node);
  const nodesOf = (parties: readonly Party[]): Set<FleetNode> => new Set(parties.map(nodeOf));
  const names = (nodes: Iterable<FleetNode>): string => [...nodes].map(({ name }) => name).join(", ");

  /** Cuts, and writes it down once however it ends. */
  function cut(what: string, holds: (from: FleetNode, to: FleetNode) => boolean): () => void {
    trace.add(what);
    const mend = network.cut(holds);
    return () => {
      trace.add(`no longer: ${what}`);
      mend();
    };
  }

  return {
    faults(faults, links) {
      trace.add(`faults from now on: ${JSON.stringify(faults)}`);
      if (links === undefined) network.setFaults(faults, (from, to) => isService(from) && isService(to));
      else if ("name" in links) {
        const party = nodeOf(links);
        network.setFaults(faults, (from, to) => from === party || to === party);
      } else {
        const from = links.from && nodeOf(links.from);
        const to = links.to && nodeOf(links.to);
        network.setFaults(faults, (sender, receiver) => (from ?? sender) === sender && (to ?? receiver) === receiver);
      }
    },
    partition(side, other, { oneWay = false } = {}) {
      const one = nodesOf(side);
      const two = nodesOf(other);
      return cut(
        `partition: ${names(one)} ${oneWay ? "→" : "↔"} ${names(two)}`,
        (from, to) => (one.has(from) && two.has(to)) || (!oneWay && two.has(from) && one.has(to)),
      );
    },
    isolate(...parties) {
      const alone = nodesOf(parties);
      return cut(`isolated: ${names(alone)}`, (from, to) => from !== to && (alone.has(from) || alone.has(to)));
    },
    heal() {
      trace.add("the network is whole again");
      network.heal();
    },
  };
}
