import { readFileSync } from "node:fs";
import { loadMessages, type Messages } from "@micro/core";

/** One message as go-plugins' bsonrpc wrote it. */
export interface Vector {
  readonly kind: "request" | "response" | "event";
  readonly id: string;
  readonly method: string;
  readonly error?: string;
  readonly what: string;
  /** The body's message and its protobuf. */
  readonly message?: string;
  readonly value?: string;
  readonly hex: string;
}

export const vectors: readonly Vector[] = json<Vector[]>("vectors/go.json");

const core = "../../core/src/codec/vectors/files.json";
export const messages: Messages = loadMessages(json<{ files: string }>(core).files);

function json<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}
