import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "./record.ts";

// Recorded from go-micro v2.9.1 and checked against it in test/interop/vectors.test.ts.
const { value } = JSON.parse(
  readFileSync(new URL("../../../../test/interop/vectors/record.json", import.meta.url), "utf8"),
) as { value: string };

describe("the record that a go-micro service put into etcd", () => {
  const record = decodeRecord(value);

  it("is read with name, version, node and metadata", () => {
    expect(record).toMatchObject({ name: "interop.vectors", version: "latest", metadata: {} });
    expect(record.nodes).toEqual([
      {
        id: "interop.vectors-6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        address: "192.0.2.1:4711",
        metadata: {
          broker: "http",
          note: "naïve <&>",
          protocol: "grpc",
          registry: "etcd",
          server: "grpc",
          transport: "grpc",
          zone: "eu-1",
        },
      },
    ]);
  });

  it("is read with all endpoints", () => {
    expect(record.endpoints.map(({ name }) => name)).toEqual([
      ...["Echo", "Fail", "Fill", "Look", "Nothing", "Recall", "Relay", "Wait"].map((method) => `Peer.${method}`),
      ...["Chat", "Count", "Gather", "Recall", "Show"].map((method) => `Streams.${method}`),
    ]);
    expect(record.endpoints[8]).toEqual({
      name: "Streams.Chat",
      request: { name: "Context", type: "Context", values: [] },
      response: { name: "Stream", type: "Stream", values: [] },
      metadata: { stream: "true" },
    });
    expect(record.endpoints[6]?.request?.values.slice(3)).toEqual([
      { name: "service", type: "string", values: [] },
      { name: "pause_ms", type: "int64", values: [] },
    ]);
  });

  it("is written by us with the same bytes", () => {
    expect(encodeRecord(record)).toBe(value);
  });
});
