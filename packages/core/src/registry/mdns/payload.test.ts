import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DnsFormatError } from "./message.ts";
import { decodePayload, encodePayload } from "./payload.ts";

const asHex = (text: string): string => deflateSync(text).toString("hex");

describe("the TXT payload", () => {
  it("reads what go-micro writes", () => {
    const hex =
      "789c34cc310ac3300c05d0bbfcd927f0deb153a1bb703ec5202423a95982ef5e28647ccbbbf0629c73101d9f208b81863723a71b3a548a596878d8b17c5a25ba7d551b9e2c39a404fdc20a2f1faeff640d3424e364dcdefb170000ffff541723c8";
    expect(decodePayload(hex)).toEqual({
      service: "greeter",
      version: "latest",
      endpoints: [],
      metadata: { protocol: "grpc", server: "grpc" },
    });
  });

  it("reads back what it wrote", () => {
    const payload = {
      service: "go.micro.srv.greeter",
      version: "1.0.0",
      endpoints: [
        {
          name: "Greeter.Hello",
          request: { name: "Request", type: "Request", values: [{ name: "name", type: "string", values: [] }] },
          response: undefined,
          metadata: { stream: "true", path: "/<hello>&\u2028" },
        },
      ],
      metadata: { protocol: "grpc", ["__proto__"]: "only a key", "Grüße 🎉": "" },
    };
    expect(decodePayload(encodePayload(payload).join(""))).toEqual(payload);
  });

  it("is cut into strings of at most 255 characters", () => {
    const noise = Array.from({ length: 400 }, (_, i) => Math.sin(i).toString(36)).join("");
    const strings = encodePayload({ service: "s", version: "v", endpoints: [], metadata: { noise } });
    expect(strings.length).toBeGreaterThan(2);
    expect(strings.slice(0, -1).every((string) => string.length === 255)).toBe(true);
    expect(decodePayload(strings.join("")).metadata.noise).toBe(noise);
  });

  it("takes null and absent fields as empty, keys in any case, and ignores others", () => {
    const empty = { service: "", version: "", endpoints: [], metadata: {} };
    expect(decodePayload(asHex("{}"))).toEqual(empty);
    expect(decodePayload(asHex('{"Service":null,"Version":null,"Endpoints":null,"Metadata":null}'))).toEqual(empty);
    expect(decodePayload(asHex('{"SERVICE":"s","version":"v","later":1}'))).toEqual({
      ...empty,
      service: "s",
      version: "v",
    });
  });

  it("refuses what is no description of a node", () => {
    for (const [hex, why] of [
      ["", "not hexadecimal"],
      ["78zz", "not hexadecimal"],
      ["789", "not hexadecimal"],
      ["789c", "does not inflate"],
      [asHex("{"), "no description of a node"],
      [asHex("null"), "expected an object"],
      [asHex("[]"), "expected an object"],
      [asHex('{"Service":7}'), "Service: expected a string"],
      [asHex('{"Endpoints":{}}'), "Endpoints"],
      [asHex('{"Metadata":{"a":1}}'), "Metadata.a"],
    ] as const) {
      expect(() => decodePayload(hex), hex).toThrow(why);
      expect(() => decodePayload(hex), hex).toThrow(DnsFormatError);
    }
  });

  it("refuses what inflates beyond all measure, or is nested so deep that reading it would exhaust the stack", () => {
    expect(() => decodePayload(asHex(" ".repeat(200_000)))).toThrow("inflate");
    const deep = `{"Endpoints":[{"request":${'{"values":['.repeat(8_000)}${"]}".repeat(8_000)}}]}`;
    expect(() => decodePayload(asHex(deep))).toThrow("nested deeper");
  });
});
