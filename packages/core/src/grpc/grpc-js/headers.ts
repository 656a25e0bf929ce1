import { Metadata } from "@grpc/grpc-js";
import { emptyMetadata, type Metadata as Headers } from "../../words/metadata.ts";
import { callHeaders, isShown, replyMetadata, textOf } from "../headers.ts";

/** The headers of a call as grpc-js wants them. */
export function callMetadata(headers: Headers, timeoutMs: number | undefined, asked: string, wire: string): Metadata {
  const result = wire === "application/grpc+proto" ? new Metadata() : new TypedMetadata(wire);
  return addAll(result, callHeaders(headers, timeoutMs, asked));
}

/** Headers of a reply of this content type, with those that a handler has added, if any. */
export function replyHeaders(fields: readonly string[] | undefined, contentType: string): Metadata {
  return addAll(contentType === "application/grpc+proto" ? new Metadata() : typed(contentType), fields);
}

/** Trailers that a handler has added. */
export function addAll(metadata: Metadata, fields: readonly string[] = []): Metadata {
  for (let i = 0; i + 1 < fields.length; i += 2) addEntry(metadata, fields[i] as string, fields[i + 1] as string);
  return metadata;
}

/** What came with a reply, as its caller sees it. */
export function receivedMetadata(metadata: Metadata): Headers {
  const fields: [string, string][] = [];
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name))
      fields.push([name, typeof value === "string" ? value : value.toString("base64")]);
  }
  return replyMetadata(fields);
}

function typed(contentType: string): Metadata {
  const headers = new Metadata();
  headers.set("content-type", contentType);
  return headers;
}

/** grpc-js wants the bytes of binary values, of which there may be several in one. */
function addEntry(metadata: Metadata, name: string, value: string): void {
  if (!name.endsWith("-bin")) metadata.add(name, value);
  else for (const each of value.split(",")) metadata.add(name, Buffer.from(each, "base64"));
}

/** Headers that arrived, as a handler sees them. Binary ones stay base64. */
export function incomingHeaders(
  raw: Readonly<Record<string, string | readonly string[] | undefined>>,
  peer: string,
): Headers {
  const result = emptyMetadata();
  for (const key in raw) {
    const value = raw[key];
    if (value !== undefined && isShown(key)) result[key] = textOf(typeof value === "string" ? value : value.join(", "));
  }
  result.remote = peer;
  return result;
}

/**
 * grpc-js writes `content-type: application/grpc` over whatever the metadata says. It does so on the object that
 * `toHttp2Headers` gives, hence one on which that write has no effect.
 */
class TypedMetadata extends Metadata {
  readonly #contentType: string;

  constructor(contentType: string) {
    super();
    this.#contentType = contentType;
  }

  override clone(): Metadata {
    const copy = new TypedMetadata(this.#contentType);
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers(): ReturnType<Metadata["toHttp2Headers"]> {
    const contentType = this.#contentType;
    return Object.defineProperty(super.toHttp2Headers(), "content-type", {
      enumerable: true,
      get: () => contentType,
      set: () => undefined,
    });
  }
}
