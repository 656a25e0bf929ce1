import { grpc, grpcJs } from "../grpc/grpc.ts";
import { legacyMucp, legacyMucpProtocol, mucp, mucpProtocol } from "../mucp/mucp.ts";
import type { Protocol } from "../protocol/protocol.ts";
import { memoryTransport } from "../transport/memory.ts";
import type { Transport } from "../transport/transport.ts";
import type { ServiceFlagValues } from "./service-flags.ts";
import type { ServiceOptions } from "./service-options.ts";

/** What a service speaks. */
export interface SpokenProtocols {
  /** On its port; the registry is told the first. */
  readonly served: readonly Protocol[];
  /** To the nodes that it calls, each as its metadata says. */
  readonly called: readonly Protocol[];
  /** To nodes that a call names by address; undefined for the first of `called`. */
  readonly toAddresses: string | undefined;
}

/** The protocols that flags and program chose. */
export function spokenProtocols(options: ServiceOptions, values: ServiceFlagValues): SpokenProtocols {
  const toAddresses = values.client ?? options.client?.protocol;
  if (options.protocols) {
    return { served: withFirst(options.protocols, values.server), called: options.protocols, toAddresses };
  }
  const overHttp2 = values.grpc_engine === "grpc-js" ? grpcJs : grpc;
  const [own, legacy] = values.transport === "memory" ? inMemory() : [mucp, legacyMucp];
  return { served: withFirst([overHttp2, own], values.server), called: [overHttp2, own, legacy], toAddresses };
}

function withFirst(protocols: readonly Protocol[], name: string | undefined): readonly Protocol[] {
  const first = protocols.find((protocol) => protocol.name === name);
  return first ? [first, ...protocols.filter((protocol) => protocol !== first)] : protocols;
}

let shared: Transport | undefined;

/** All services of a process that ask for the memory transport use one, so that they see each other. */
function inMemory(): [Protocol, Protocol] {
  shared ??= memoryTransport();
  return [mucpProtocol({ transport: shared }), legacyMucpProtocol({ transport: shared })];
}
