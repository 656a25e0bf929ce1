import { emptyMetadata, type Metadata } from "../words/metadata.ts";

/**
 * Headers or trailers that a handler gives its reply: a value or several a name. Of names that end in `-bin` the values
 * are bytes in base64.
 */
export type ReplyMetadata = Readonly<Record<string, string | readonly string[]>>;

/**
 * Adds metadata to a flat list, name, value, name, value, …, ready to be sent: names in lower case, values that are not
 * printable ASCII percent-encoded as those of calls are. Throws a TypeError for what cannot be sent, and then adds nothing.
 */
export function withReplyMetadata(fields: readonly string[] | undefined, metadata: ReplyMetadata): readonly string[] {
  const added: string[] = [];
  for (const given in metadata) {
    const name = given.toLowerCase();
    checkName(name);
    const values = metadata[given] as string | readonly string[];
    for (const value of typeof values === "string" ? [values] : values) added.push(name, sendable(name, value));
  }
  return fields ? [...fields, ...added] : added;
}

/** The same as one value a name, several joined with `, `, as whoever receives them sees them. */
export function joined(fields: readonly string[]): Metadata {
  const metadata = emptyMetadata();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    metadata[name] = name in metadata ? `${metadata[name]}, ${fields[i + 1]}` : (fields[i + 1] as string);
  }
  return metadata;
}

/** What a handler is told that gives headers after the first of them went out. */
export function headersAreSent(endpoint: string): Error {
  return new Error(`the headers of the reply of ${endpoint} have been sent; they leave with its first message`);
}

/** What a handler is told that gives metadata to a reply which is complete. */
export function replyIsSent(endpoint: string): Error {
  return new Error(`the reply of ${endpoint} has been sent; nothing can be added to it`);
}

/** Whether the names of a reply are the program's own, or those of the protocols that carry it. */
export function isReserved(name: string): boolean {
  return reserved.has(name) || ofProtocol.test(name);
}

function checkName(name: string): void {
  if (!legalName.test(name))
    throw new TypeError(`${JSON.stringify(name)} cannot name reply metadata: names are of a-z, 0-9, "-", "_" and "."`);
  if (isReserved(name))
    throw new TypeError(`"${name}" cannot name reply metadata: the protocols keep it for themselves`);
}

function sendable(name: string, value: string): string {
  if (typeof value !== "string") throw new TypeError(`reply metadata "${name}" is no text but ${typeof value}`);
  if (name.endsWith("-bin")) {
    if (!base64.test(value)) throw new TypeError(`reply metadata "${name}" is to be bytes in base64`);
    return value;
  }
  // Blanks at the ends belong to nobody: HTTP does without them.
  return (printable.test(value) ? value : encodeURIComponent(value.toWellFormed())).trim();
}

const legalName = /^[0-9a-z_.-]+$/;
const printable = /^[ -~]*$/;
// Several values in one are separated by commas, as they come when they are handed on.
const base64 = /^[0-9A-Za-z+/]*={0,2}( *, *[0-9A-Za-z+/]*={0,2})*$/;

// gRPC's own, and the envelope of mucp.
const ofProtocol = /^(grpc-|(x-)?micro-(endpoint|error|id|method|protocol|service|stream|target|topic|from-service)$)/;

const reserved: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
