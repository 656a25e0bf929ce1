import { deflateSync, inflateSync } from "node:zlib";
import { encodeEndpoints, encodeMetadata, RecordError, readEndpoints, readMetadata } from "../record.ts";
import type { Endpoint } from "../registry.ts";
import { DnsFormatError } from "./message.ts";

/** What a node's TXT record says: everything about it but its id and address. */
export interface Payload {
  readonly service: string;
  readonly version: string;
  readonly endpoints: readonly Endpoint[];
  /** The node's. */
  readonly metadata: Readonly<Record<string, string>>;
}

// A packet of 9 kB may hold 4 MB of zeros; a service that needs more than this to describe itself is none.
const maxJsonBytes = 128 * 1024;
// Each `{"values":[{` is one level, and reading a level takes stack. go-micro writes 3 levels.
const maxDepth = 64;

/** The strings of the TXT record: go-micro's JSON, deflated, in hexadecimal, cut at 255 characters. */
export function encodePayload({ service, version, endpoints, metadata }: Payload): string[] {
  const json =
    `{"Service":${JSON.stringify(service)},"Version":${JSON.stringify(version)}` +
    `,"Endpoints":${encodeEndpoints(endpoints)},"Metadata":${encodeMetadata(metadata)}}`;
  const hex = deflateSync(json, { level: 9 }).toString("hex");
  return hex.match(/.{1,255}/g) ?? [];
}

/** Reads the strings of a TXT record, joined. Throws a `DnsFormatError` that says what is wrong with them. */
export function decodePayload(hex: string): Payload {
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) throw new DnsFormatError("the TXT record is not hexadecimal");
  const json = inflate(Buffer.from(hex, "hex"));
  if (depthOf(json) > maxDepth) throw new DnsFormatError(`the TXT record is nested deeper than ${maxDepth} levels`);
  try {
    return read(JSON.parse(json));
  } catch (reason) {
    if (!(reason instanceof SyntaxError || reason instanceof RecordError)) throw reason;
    throw new DnsFormatError(`the TXT record is no description of a node: ${reason.message}`, { cause: reason });
  }
}

function inflate(bytes: Uint8Array): string {
  try {
    return inflateSync(bytes, { maxOutputLength: maxJsonBytes }).toString();
  } catch (reason) {
    throw new DnsFormatError(`the TXT record does not inflate to at most ${maxJsonBytes} bytes`, { cause: reason });
  }
}

// Brackets inside of strings count as well; no name has 64 of them.
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth);
    else if (char === "}" || char === "]") depth--;
  }
  return deepest;
}

function read(json: unknown): Payload {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new RecordError("expected an object");
  // Go matches keys in any case, and null stands for the zero value.
  const fields = new Map(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]));
  return {
    service: text(fields.get("service"), "Service"),
    version: text(fields.get("version"), "Version"),
    endpoints: readEndpoints(fields.get("endpoints"), "Endpoints"),
    metadata: readMetadata(fields.get("metadata"), "Metadata"),
  };
}

function text(json: unknown, at: string): string {
  if (json === null || json === undefined) return "";
  if (typeof json !== "string") throw new RecordError(`${at}: expected a string`);
  return json;
}
