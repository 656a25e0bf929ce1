import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipBytes, ipText } from "./ip.ts";

describe("IP addresses", () => {
  it("become the same text again, however they were spelled", () => {
    for (const [spelled, text] of [
      ["10.0.0.5", "10.0.0.5"],
      ["::", "::"],
      ["::1", "::1"],
      ["1::", "1::"],
      ["fd00::2", "fd00::2"],
      ["FD00:0:0:0:0:0:0:2", "fd00::2"],
      ["fd00:0:0:1:0:0:0:2", "fd00:0:0:1::2"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
      ["::ffff:10.0.0.5", "10.0.0.5"],
    ] as const)
      expect(ipText(ipBytes(spelled) ?? new Uint8Array()), spelled).toBe(text);
  });

  it("survive the way to text and back", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = ipBytes(text);
        expect(bytes && ipBytes(ipText(bytes))).toEqual(bytes);
      }),
    );
  });

  it("are not found in names, and not in addresses with a zone", () => {
    for (const text of ["", "localhost", "1.2.3", "fe80::1%eth0", "[::1]"]) expect(ipBytes(text), text).toBeUndefined();
  });
});
