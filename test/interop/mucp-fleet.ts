import { type Fleet, type RegistryName, startFleet, uniqueName } from "./fleet.ts";
import { type GoPeer, startGoPeer } from "./go-peer.ts";

/** A fleet whose Go peer serves and calls by mucp; ours serves mucp and gRPC on its one port, as always. */
export interface MucpFleet extends Fleet {
  /** Another, which speaks gRPC. */
  readonly overGrpc: GoPeer;
  readonly overGrpcName: string;
}

export async function startMucpFleet(registry: RegistryName): Promise<MucpFleet> {
  const fleet = await startFleet(registry);
  const goName = uniqueName("mucp");
  // The flags make a new server, which does not know the name that the program gave to the one before it.
  const args = [...fleet.args, "--server=mucp", "--client=mucp", `--server_name=${goName}`];
  const go = await startGoPeer({ name: goName, args });
  const close = async (): Promise<void> => {
    await go.stop();
    await fleet.close();
  };
  return { ...fleet, overGrpc: fleet.go, overGrpcName: fleet.goName, go, goName, close, [Symbol.asyncDispose]: close };
}
