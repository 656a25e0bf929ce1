import { delayRange } from "../faults.ts";
import type { Network } from "../network.ts";
import type { FleetNode } from "../node.ts";
import type { Directory } from "./directory.ts";
import { lost } from "./failures.ts";
import { breakPipe, type Pipe } from "./pipe.ts";

/**
 * Opens a connection: there and back once. The machine answers, not the process: one that is paused is connected to, one that
 * has crashed refuses. Where nothing comes back, as across a partition, it takes `timeoutMs` to know that.
 */
export function dial(
  network: Network,
  directory: Directory,
  node: FleetNode,
  address: string,
  timeoutMs: number,
): Promise<Pipe> {
  return new Promise((resolve, reject) => {
    const { clock, random, trace } = network;
    const target = directory.listening.get(address);
    let over = false;
    const fail = (why: string): void => {
      if (over) return;
      over = true;
      stopTimer();
      trace.add(`${node.name} → ${target?.server.node.name ?? address}: ${why}`);
      reject(lost(address, why, true));
    };
    const stopTimer = node.clock.after(timeoutMs, () => fail(`no connection within ${timeoutMs} ms`));
    const refuse = (): void => node.deliver(() => fail("the connection was refused"));
    if (!target) {
      clock.after(1, refuse);
      return;
    }
    const { server } = target;
    const faults = network.faultsOf(node, server.node);
    const [travelMs] = delayRange(faults);
    if (network.blocked(node, server.node)) return;
    const refused = random.chance(faults.refuseRate ?? 0);
    clock.after(travelMs, () => {
      if (network.blocked(node, server.node)) return;
      const open = !refused && target.accepting && server.node.state !== "crashed";
      if (!open) {
        network.signal(server.node, node, () => fail("the connection was refused"));
        return;
      }
      const pipe: Pipe = { caller: node, server, usable: true, exchanges: new Set(), replies: 0, watched: false };
      target.accepted++;
      server.pipes.add(pipe);
      node.onCrash(() => breakPipe(network, pipe, "caller", "the connection was reset by the peer"));
      network.signal(server.node, node, () => {
        if (over) return;
        over = true;
        stopTimer();
        resolve(pipe);
      });
    });
  });
}
