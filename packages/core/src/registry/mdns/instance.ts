import { lookup } from "node:dns/promises";
import { hostname } from "node:os";
import { badRequest } from "../../words/errors.ts";
import type { Node, ServiceRecord } from "../registry.ts";
import { nameBytes, splitName } from "./encode.ts";
import { ipBytes } from "./ip.ts";
import { maxLabelBytes, maxNameBytes } from "./message.ts";
import { encodePayload } from "./payload.ts";

/** A node as it stands in the zone: what its answers and announcements are made of. */
export interface Instance {
  /** `<id>.<service>.<domain>`. */
  readonly name: string;
  readonly service: string;
  readonly id: string;
  readonly port: number;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly text: readonly string[];
  /** The machine's name, to which the SRV record points. */
  readonly host: string;
}

/** Who raised an error. */
export const errorId = "micro.registry.mdns";

/** Answers a list of names; its nodes are the names of services. Never the name of a service. */
export const listName = "_services";

/**
 * The instance that stands for `node`. An address with a DNS name is looked up, since an answer carries IP addresses
 * only. Rejects with a 400 `MicroError` when mDNS cannot carry the node; the sentence names what is at fault.
 */
export async function instanceOf(record: ServiceRecord, node: Node, domain: string): Promise<Instance> {
  const what = `mdns cannot carry node "${node.id}" of "${record.name}"`;
  const refuse = (why: string): Error => badRequest(errorId, `${what}: ${why}`);
  const fault =
    nameFault(record.name, domain) ?? labelsFault(node.id) ?? nameFault(`${node.id}.${record.name}`, domain);
  if (fault) throw refuse(fault);
  if (record.name === listName) throw refuse(`"${listName}" is the name under which services are listed`);
  const { host, port } = splitAddress(node.address, refuse);
  return {
    name: `${node.id}.${record.name}.${domain}`,
    service: record.name,
    id: node.id,
    port,
    address: await resolve(host, refuse),
    text: encodePayload({
      service: record.name,
      version: record.version,
      endpoints: record.endpoints,
      metadata: node.metadata,
    }),
    host: machineName(),
  };
}

/** Why no node can have this name in the domain; undefined when one can. */
export function nameFault(name: string, domain: string): string | undefined {
  const bytes = nameBytes(splitName(`${name}.${listName}.${domain}`));
  return labelsFault(name) ?? (bytes > maxNameBytes ? `the name "${name}" is too long for DNS` : undefined);
}

function labelsFault(name: string): string | undefined {
  if (name.includes("\\")) return `"${name}" has a backslash, which DNS names use to escape`;
  for (const label of name.split(".")) {
    const bytes = Buffer.byteLength(label);
    if (bytes === 0) return `"${name}" has an empty part between its dots`;
    if (bytes > maxLabelBytes)
      return `the part "${label}" has ${bytes} bytes, and DNS allows ${maxLabelBytes} between two dots`;
  }
  return undefined;
}

function splitAddress(address: string, refuse: (why: string) => Error): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (!host || port < 1 || port > 65_535)
    throw refuse(`its address "${address}" is not host:port with a port from 1 to 65535`);
  return { host, port };
}

async function resolve(host: string, refuse: (why: string) => Error): Promise<Uint8Array> {
  const literal = ipBytes(host);
  if (literal) return literal;
  // Go peers prefer IPv4, and so does what they then dial.
  const found = await lookup(host, { order: "ipv4first" }).catch((reason: Error) => {
    throw refuse(`its host "${host}" is no IP address and cannot be looked up: ${reason.message}`);
  });
  const bytes = ipBytes(found.address);
  if (!bytes)
    throw refuse(`its host "${host}" is the address ${found.address}, which means nothing on another machine`);
  return bytes;
}

// Nobody looks it up: every answer brings the address along. It only has to be a name.
function machineName(): string {
  const name = hostname();
  return labelsFault(name) === undefined && nameBytes(splitName(name)) <= maxNameBytes ? name : "localhost";
}
