import { type BrokerMessage, type HubSubscriber, type MemoryHub, metadata, unavailable } from "@micro/core";
import { lane, type Network } from "./network.ts";
import type { FleetNode } from "./node.ts";

type Receiver = HubSubscriber["receiver"];

/**
 * A node's way to the fleet's hub: what it publishes and what it is handed travel over the network, in order. A message
 * that is dropped on its way to a subscriber is lost for it, as with a broker that sends everything once; one for a node
 * behind a partition waits until that is mended. A node that crashes leaves its queues, and what it had not
 * acknowledged goes to the others of the queue.
 */
export function simulatedHub(network: Network, hub: MemoryHub, node: FleetNode, broker: FleetNode): MemoryHub {
  const order = lane({ recovers: true });
  return {
    async publish(topic, message, signal) {
      const giveUp = signal();
      const copy = copyOf(message);
      await new Promise<void>((resolve, reject) => {
        const fail = (): void => reject(giveUp.reason);
        if (giveUp.aborted) return fail();
        giveUp.addEventListener("abort", fail, { once: true });
        const settle = (how: () => void): void => {
          giveUp.removeEventListener("abort", fail);
          how();
        };
        const reset = (): void =>
          network.signal(broker, node, () =>
            settle(() => reject(unavailable("go.micro.broker", "the broker broke the connection"))),
          );
        network.send({
          from: node,
          to: broker,
          what: `publish ${topic}`,
          lane: order,
          reset,
          arrive() {
            const answer = (how: () => void): void =>
              network.send({
                from: broker,
                to: node,
                what: `published ${topic}`,
                reset,
                arrive: () => settle(how),
              });
            hub.publish(topic, copy, signal).then(
              () => answer(resolve),
              (reason: unknown) => answer(() => reject(reason)),
            );
          },
        });
      });
    },
    subscribe(subscriber) {
      const { receiver, crashed } = overNetwork(network, subscriber.receiver, node, broker);
      const leave = hub.subscribe({ ...subscriber, receiver });
      node.onCrash(() => {
        crashed();
        leave();
      });
      return leave;
    },
  };
}

/** A subscriber behind the network. */
function overNetwork(
  network: Network,
  inner: Receiver,
  node: FleetNode,
  broker: FleetNode,
): { receiver: Receiver; crashed(): void } {
  const there = lane({ recovers: true });
  const back = lane({ recovers: true });
  // How to end each message that the subscriber has, should it crash.
  const unfinished = new Set<() => void>();

  function receive(message: BrokerMessage): ReturnType<Receiver["receive"]> {
    let taken: (value: boolean) => void = () => undefined;
    let finished: () => void = () => undefined;
    const handling = {
      taken: new Promise<boolean>((resolve) => {
        taken = resolve;
      }),
      finished: new Promise<void>((resolve) => {
        finished = resolve;
      }),
    };
    const end = (value: boolean): void => {
      unfinished.delete(abandon);
      taken(value);
      finished();
    };
    const abandon = (): void => end(false);
    if (node.state === "crashed") {
      abandon();
      return handling;
    }
    unfinished.add(abandon);
    const reply = (what: string, arrive: () => void): void =>
      network.send({
        from: node,
        to: broker,
        what: `${what} ${inner.topic}`,
        lane: back,
        reliable: true,
        waits: true,
        arrive,
      });
    let copies = 0;
    network.send({
      from: broker,
      to: node,
      what: `message of ${inner.topic}`,
      lane: there,
      waits: true,
      // Lost for this subscription; there is nothing to wait for.
      onLost: () => end(true),
      arrive() {
        const first = copies++ === 0;
        const handed = inner.receive(copyOf(message));
        if (!first) return;
        void handed.taken.then((value) => reply(value ? "acknowledged" : "refused", () => taken(value)));
        void Promise.all([handed.taken, handed.finished]).then(([value]) => reply("finished", () => end(value)));
      },
    });
    return handling;
  }

  return {
    receiver: {
      topic: inner.topic,
      get ended() {
        return inner.ended || node.state === "crashed";
      },
      receive,
      end: () => inner.end(),
    },
    crashed() {
      for (const abandon of [...unfinished]) abandon();
    },
  };
}

const copyOf = ({ headers, body }: BrokerMessage): BrokerMessage => ({
  headers: metadata(headers),
  body: new Uint8Array(body),
});
