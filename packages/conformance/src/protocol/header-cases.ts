import type { IncomingCall } from "@micro/core";
import { expect } from "vitest";
import type { Case } from "../suite.ts";
import { bytes, text } from "./echo.ts";
import { openWire, type ProtocolHarness, plainCall } from "./harness.ts";

/** What a server is told beside the body. */
export const headerCases: readonly Case<ProtocolHarness>[] = [
  {
    name: "tells the server endpoint, content type, peer and metadata",
    async run(harness) {
      const seen: IncomingCall[] = [];
      await using wire = await openWire(harness, async (call, body) => {
        seen.push(call);
        return body;
      });
      for (const contentType of harness.contentTypes) {
        const metadata = { "x-trace": "7", authorization: "Bearer t" };
        await wire.connection.unary(plainCall(harness, { contentType, metadata }), bytes("{}"));
        const call = seen.pop();
        expect(call?.endpoint).toBe("Say.Hello");
        expect(call?.metadata).toMatchObject(metadata);
        expect(call?.peer).toMatch(/^(\[::ffff:)?127\.0\.0\.1\]?:\d+$/);
        expect(call?.metadata.remote).toBe(call?.peer);
      }
    },
  },
  {
    name: "tells the server which of two content types the body has",
    async run(harness) {
      const seen: string[] = [];
      await using wire = await openWire(harness, async (call, body) => {
        seen.push(call.contentType);
        return body;
      });
      for (const contentType of harness.contentTypes) {
        await wire.connection.unary(plainCall(harness, { contentType }), bytes("{}"));
      }
      expect(new Set(seen).size).toBe(2);
    },
  },
  {
    name: "carries bytes as base64 under names that end in -bin, several values too, as they were received",
    async run(harness) {
      let seen: string | undefined;
      await using wire = await openWire(harness, async (call, body) => {
        seen = call.metadata["x-raw-bin"];
        return body;
      });
      const values = [Buffer.from([0xab, 0, 0xff]), Buffer.from("second"), Buffer.from([1])];
      for (let count = 1; count <= values.length; count++) {
        const sent = values.slice(0, count);
        const metadata = { "x-raw-bin": sent.map((value) => value.toString("base64")).join(", ") };
        await wire.connection.unary(plainCall(harness, { metadata }), bytes("x"));
        expect(seen?.split(",").map((value) => Buffer.from(value, "base64"))).toEqual(sent);
      }
    },
  },
  {
    name: "survives metadata that belongs to the connection or cannot be a header",
    async run(harness) {
      let seen: Record<string, string> = {};
      await using wire = await openWire(harness, async (call, body) => {
        seen = { ...call.metadata };
        return body;
      });
      const metadata = {
        connection: "keep-alive",
        "content-length": "5",
        te: "gzip",
        "transfer-encoding": "chunked",
        upgrade: "h2c",
        host: "a",
        ":path": "/x",
        "grpc-timeout": "1n",
        "bad key": "x",
        "x-text": "grüße\r\nx: y",
        "x-kept": "yes",
      };
      const reply = await wire.connection.unary(plainCall(harness, { metadata }), bytes("still here"));
      expect(text(reply)).toBe("still here");
      expect(seen["x-kept"]).toBe("yes");
      expect(seen["x-text"]).not.toMatch(/[\r\n]/);
    },
  },
  {
    name: "tells the server the deadline",
    async run(harness) {
      let left = 0;
      await using wire = await openWire(harness, async (call, body) => {
        left = call.deadline - Date.now();
        return body;
      });
      const deadline = Date.now() + 60_000;
      await wire.connection.unary(plainCall(harness, { deadline, timeoutMs: 60_000 }), bytes(""));
      expect(left).toBeGreaterThan(30_000);
      expect(left).toBeLessThanOrEqual(60_100);
      await wire.connection.unary(plainCall(harness), bytes(""));
      expect(left).toBe(Number.POSITIVE_INFINITY);
    },
  },
];
