import { bytesCodec } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json.ts";
import { protobufCodec } from "./protobuf.ts";

/** Finds the codec of a content type. */
export interface CodecTable {
  /**
   * `undefined` when nobody answers to the content type. Case and parameters do not matter:
   * `Application/JSON; charset=utf-8` is `application/json`.
   */
  find(contentType: string): Codec | undefined;
}

/** A table of these codecs. Of two for one content type the later wins, so that a program puts its own after the defaults. */
export function codecTable(codecs: readonly Codec[]): CodecTable {
  const byType = new Map<string, Codec>();
  for (const codec of codecs) {
    for (const type of codec.contentTypes) byType.set(bare(type), codec);
  }
  return { find: (contentType) => byType.get(contentType) ?? byType.get(bare(contentType)) };
}

function bare(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/**
 * Protobuf, proto3 JSON and raw bytes under the content types of go-micro's gRPC; and what stands inside the envelopes
 * that only mucp has.
 */
export const defaultCodecs: CodecTable = codecsThat("ignore");

/** The default codecs, whose JSON ignores or refuses fields that a message does not have. */
export function codecsThat(unknownFields: "ignore" | "refuse"): CodecTable {
  return codecTable([
    protobufCodec,
    jsonCodec({ unknownFields }),
    bytesCodec,
    { ...jsonCodec({ dialect: "struct", unknownFields }), contentTypes: ["application/json-rpc"] },
    { ...protobufCodec, contentTypes: ["application/proto-rpc"] },
  ]);
}
