import { describe, expect, it } from "vitest";
import { block, flag, frame, frameReader, message, preface, type, word } from "./http2-frames.ts";

describe("frames by hand", () => {
  const headers = frame(type.headers, flag.endHeaders, 1, block([":status", "200"]));
  const data = frame(type.data, flag.end, 1, message(Buffer.from("hello")));

  it("are laid out as RFC 9113 has it", () => {
    expect(frame(type.reset, flag.none, 3, word(8)).toString("hex")).toBe("00000403000000000300000008");
    expect(block(["a", "bc"]).toString("hex")).toBe("000161026263");
    expect(message(Buffer.from("hi"), 1_000).toString("hex")).toBe("00000003e86869");
  });

  it.each([1, 2, 9, 10, 1_000])("are cut out of bytes that come in pieces of %i", (size) => {
    const seen: string[] = [];
    const read = frameReader(
      ({ kind, flags, stream, payload }) => seen.push(`${kind} ${flags} ${stream} ${payload.toString("hex")}`),
      preface.length,
    );
    const bytes = Buffer.concat([preface, headers, data]);
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
    expect(seen).toEqual([`1 4 1 ${headers.subarray(9).toString("hex")}`, `0 1 1 ${data.subarray(9).toString("hex")}`]);
  });
});
