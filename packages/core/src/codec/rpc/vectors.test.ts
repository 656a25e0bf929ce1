import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "../protobuf/messages.ts";
import type { Frame, Framing } from "./framing.ts";
import { framingFor } from "./framings.ts";
import { jsonRpc2Framing } from "./json-rpc2.ts";

/** One message as the codecs of go-micro v2.9.1 and go-plugins wrote it. */
interface Vector {
  readonly framing: string;
  readonly contentType: string;
  /** `error` is Go's name for a response that only tells an error. */
  readonly kind: "request" | "response" | "event" | "error";
  readonly id: string;
  readonly method: string;
  readonly error?: string;
  readonly what: string;
  /** The body's message and its protobuf. */
  readonly message?: string;
  readonly value?: string;
  readonly hex: string;
}

const messages = loadMessages(read<{ files: string }>("../vectors/files.json").files);
const vectors = read<Vector[]>("vectors/framings.json");
const names = [...new Set(vectors.map(({ framing, contentType }) => `${framing} ${contentType}`))];
const enveloped = ["json-rpc", "proto-rpc", "json-rpc2"];

describe.each(names)("%s", (name) => {
  const [framingName = "", contentType = ""] = name.split(" ");
  const framing = framingName === "json-rpc2" ? jsonRpc2Framing : (framingFor(contentType) as Framing);
  const own = vectors.filter((vector) => vector.framing === framingName && vector.contentType === contentType);

  it("goes by the name that Go gives it", () => {
    expect(framing.name).toBe(framingName);
  });

  it("writes the bytes that Go writes", () => {
    for (const vector of own) {
      expect(hex(framing.write(frameOf(framing, vector))), `${vector.kind} ${vector.what}`).toBe(vector.hex);
    }
  });

  it("reads what Go writes", () => {
    for (const vector of own) {
      const frame = framing.read(Uint8Array.from(Buffer.from(vector.hex, "hex")), kindOf(vector));
      const where = `${vector.kind} ${vector.what}`;
      const blank = vector.kind === "event" || !enveloped.includes(framingName);
      expect(frame.kind, where).toBe(kindOf(vector));
      expect(frame.id, where).toBe(blank ? "" : idRead(vector));
      expect(frame.method, where).toBe(blank ? "" : methodRead(vector));
      expect(frame.error, where).toBe(blank ? undefined : vector.error);
      expect(framing.codec.coder(typeOf(vector)).decode(frame.body), where).toEqual(bodyValue(framing, vector));
    }
  });
});

function frameOf(framing: Framing, vector: Vector): Frame {
  const { id, method, error } = vector;
  // json-rpc2 answers with the id as it came, which the vectors have from two requests.
  const wireId = vector.framing === "json-rpc2" && kindOf(vector) === "response" ? { wireId: idOnWire(vector) } : {};
  const body = vector.message
    ? framing.codec.coder(typeOf(vector)).encode(bodyValue(framing, vector))
    : new Uint8Array(0);
  return { kind: kindOf(vector), id, method, ...wireId, ...(error !== undefined && { error }), body };
}

function idOnWire({ what }: Vector): unknown {
  return what === "no body" ? 7 : "7";
}

function kindOf({ kind }: Vector): Frame["kind"] {
  return kind === "error" ? "response" : kind;
}

function idRead(vector: Vector): string {
  if (vector.framing === "json-rpc2" && vector.kind === "response") return "7";
  if (vector.framing !== "proto-rpc") return vector.id;
  const written: Record<string, string> = { "-1": "18446744073709551615", "07": "7", "+7": "7" };
  if (vector.id === "9223372036854775808") return "0";
  return written[vector.id] ?? (/^\d+$/.test(vector.id) ? vector.id : "0");
}

function methodRead({ framing, kind, method }: Vector): string {
  return kind === "request" || framing === "proto-rpc" ? method : "";
}

function typeOf({ message }: Vector) {
  return message === undefined ? undefined : messages.type(message);
}

function bodyValue(framing: Framing, vector: Vector): unknown {
  const value = Uint8Array.from(Buffer.from(vector.value ?? "", "hex"));
  const type = typeOf(vector);
  if (framing.codec.name === "bytes") return value;
  if (type === undefined) return framing.codec.name === "json" ? null : value;
  const decoded = type.decode(value) as { someBytes?: Uint8Array };
  // Struct tags drop bytes that are set to nothing.
  return framing.codec.name === "json" && decoded.someBytes?.length === 0 && vector.message === "vectors.Optionals"
    ? { ...decoded, someBytes: undefined }
    : decoded;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}
