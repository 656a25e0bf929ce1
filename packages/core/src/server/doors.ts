import type { Protocol, ProtocolServer } from "../protocol/protocol.ts";
import { formatHostPort, type HostPort, parseListenAddress } from "../words/address.ts";
import { type Closeable, closeable, closeOnce, closeStack } from "../words/lifecycle.ts";
import { type Listener, type ListenOptions, listen } from "./listener.ts";

export interface DoorOptions extends ListenOptions {
  /** What each of `protocols` is the server of, in the same order. */
  readonly spoken: readonly Protocol[];
  /** Opens the port that protocols share. */
  readonly listen: ((options: ListenOptions) => Promise<Listener>) | undefined;
}

/** All the ways into one server. */
export interface Doors extends Closeable {
  /** Where the first protocol is reached. */
  readonly address: HostPort;
  /** Takes no new connections; those that stand go on. */
  stopAccepting(): void;
}

/** Opens one port for the protocols that share it, and lets the others listen by themselves at the same address. */
export async function openDoors({ spoken, protocols, listen: open = listen, ...options }: DoorOptions): Promise<Doors> {
  const doors = closeStack();
  const sharing = protocols.filter((_, index) => !spoken[index]?.listensItself);
  const addresses = new Map<ProtocolServer, HostPort>();
  let shared: Listener | undefined;
  try {
    if (sharing.length > 0) {
      shared = doors.use(await open({ ...options, protocols: sharing }));
      for (const server of sharing) addresses.set(server, shared.address);
    }
    for (const [index, server] of protocols.entries()) {
      if (!spoken[index]?.listensItself || !server.listen) continue;
      const own = doors.use(await server.listen(formatHostPort(options.address.host, options.address.port)));
      addresses.set(server, parseListenAddress(own.address, `address of ${spoken[index]?.name}`));
    }
  } catch (reason) {
    await doors.close();
    throw reason;
  }
  const [first] = protocols;
  const address = (first && addresses.get(first)) ?? options.address;
  return { address, stopAccepting: () => shared?.stopAccepting(), ...closeable(closeOnce(() => doors.close())) };
}
