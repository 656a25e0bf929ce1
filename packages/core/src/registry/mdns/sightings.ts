import type { Logger } from "../../words/logger.ts";
import type { ServiceRecord } from "../registry.ts";
import { listName } from "./instance.ts";
import { ipText } from "./ip.ts";
import { DnsFormatError, flags, type HostAddress, type Message, type Text } from "./message.ts";
import { decodePayload, type Payload } from "./payload.ts";

/** What one packet said about one node, or about the list of services. */
export type Sighting =
  /** A node is there; `record` holds just it. */
  | {
      readonly kind: "here";
      readonly name: string;
      readonly record: ServiceRecord;
      /** Equal for equal content. */
      readonly content: string;
    }
  /** A node took its leave. */
  | { readonly kind: "gone"; readonly name: string }
  /** Somebody offers the service. */
  | { readonly kind: "service"; readonly name: string };

// Texts already read are kept, since a node repeats the same one with every answer. Characters in all.
const maxRememberedTexts = 1_000_000;
const maxRememberedFaults = 1_024;

/** Turns packets into sightings. Speaks only of names in `domain`; what cannot be read is skipped with one warning a node. */
export function createReader(domain: string, logger: Logger): (message: Message) => Sighting[] {
  const texts = new Map<string, Payload>();
  let textsLength = 0;
  const faults = new Set<string>();
  const listAddress = `${listName}.${domain}`;

  function payloadOf(name: string, hex: string): Payload | undefined {
    const known = texts.get(hex);
    if (known) return known;
    try {
      const payload = decodePayload(hex);
      remember(hex, payload);
      return payload;
    } catch (reason) {
      if (!(reason instanceof DnsFormatError)) throw reason;
      warn(name, reason.message);
      return undefined;
    }
  }

  function remember(hex: string, payload: Payload): void {
    texts.set(hex, payload);
    textsLength += hex.length;
    for (const oldest of texts.keys()) {
      if (textsLength <= maxRememberedTexts) break;
      texts.delete(oldest);
      textsLength -= oldest.length;
    }
  }

  function warn(name: string, why: string): void {
    if (faults.has(name) || faults.size >= maxRememberedFaults) return;
    faults.add(name);
    logger.warn({ instance: name }, `skipped what mDNS says about ${name}: ${why}`);
  }

  return (message) => {
    if (!(message.flags & flags.response)) return [];
    const records = [...message.answers, ...message.additionals];
    const hosts = new Map<string, HostAddress>();
    const written = new Map<string, Text>();
    for (const record of records) {
      if (record.kind === "TXT") written.set(record.name, record);
      // Where a host has both, IPv4 is preferred, as in Go.
      else if (record.kind === "A" || (record.kind === "AAAA" && hosts.get(record.name)?.kind !== "A"))
        hosts.set(record.name, record);
    }
    return records.flatMap((record): Sighting[] => {
      if (record.kind === "PTR" && record.name === listAddress && record.target.endsWith(`.${listAddress}`))
        return record.ttl > 0 ? [{ kind: "service", name: record.target.slice(0, -listAddress.length - 1) }] : [];
      if (record.kind !== "SRV" || !record.name.endsWith(`.${domain}`) || record.name.endsWith(`.${listAddress}`))
        return [];
      const { name, port } = record;
      if (record.ttl === 0) return [{ kind: "gone", name }];
      const host = hosts.get(record.target);
      const text = written.get(name);
      if (!host || !text || port === 0) return []; // the answer to a question about one kind of record
      const hex = text.strings.join("");
      const payload = payloadOf(name, hex);
      if (!payload) return [];
      const suffix = `.${payload.service}.${domain}`;
      if (payload.service === "" || !name.endsWith(suffix)) {
        warn(name, `its TXT record is about the service "${payload.service}"`);
        return [];
      }
      const ip = ipText(host.address);
      const address = ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
      const node = { id: name.slice(0, -suffix.length), address, metadata: payload.metadata };
      const { service, version, endpoints } = payload;
      return [
        {
          kind: "here",
          name,
          record: { name: service, version, metadata: {}, endpoints, nodes: [node] },
          content: `${address} ${hex}`,
        },
      ];
    });
  };
}
