import { Metadata } from "@grpc/grpc-js";
import type { Metadata as Headers } from "../../words/metadata.ts";
import { callHeaders, isShown, textOf } from "../headers.ts";

/** The headers of a call as grpc-js wants them. */
export function callMetadata(headers: Headers, timeoutMs: number | undefined, asked: string, wire: string): Metadata {
  const result = wire === "application/grpc+proto" ? new Metadata() : new TypedMetadata(wire);
  for (const [name, value] of callHeaders(headers, timeoutMs, asked)) {
    result.set(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  }
  return result;
}

/** Headers that arrived, as a handler sees them. Binary ones stay base64. */
export function incomingHeaders(
  raw: Readonly<Record<string, string | readonly string[] | undefined>>,
  peer: string,
): Headers {
  const result: Headers = Object.create(null);
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
