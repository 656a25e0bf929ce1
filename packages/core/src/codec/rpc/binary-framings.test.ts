import { describe, expect, it } from "vitest";
import { replyTo } from "./framing.ts";
import { grpcFraming } from "./grpc-frame.ts";
import { protoRpcFraming } from "./proto-rpc.ts";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("proto-rpc", () => {
  it.each([
    ["no length", "000000", "the envelope is missing, 3 bytes are left where its length should be"],
    ["a length that lies", "000000ff 11", "the envelope claims 255 bytes, 1 are left"],
    ["four gigabytes", "ffffffff 00", "the envelope claims 4294967295 bytes, 1 are left"],
    ["no value", "00000000", "the value is missing, 0 bytes are left"],
    ["a value that is cut off", "00000000 00000002 0a", "the value claims 2 bytes, 1 are left"],
    ["bytes after the value", "00000000 00000000 0102", "proto-rpc request: 2 bytes after the value"],
    ["an envelope that is no protobuf", "00000002 0aff 00000000", "the message is cut off at byte"],
    ["a method that is no UTF-8", "00000003 0a01ff 00000000", "string is not UTF-8"],
  ])("refuses %s", (_what, message, error) => {
    expect(() => protoRpcFraming.read(hex(message), "request")).toThrow(error);
  });

  it("passes over fields of the envelope that it does not know", () => {
    const message = hex("00000007 2001 0a03 412e42 00000000");
    expect(protoRpcFraming.read(message, "request")).toMatchObject({ method: "A.B", id: "0" });
  });

  it("writes methods and errors of any length", () => {
    for (const length of [1, 127, 128, 16_383, 16_384, 2_097_152]) {
      const error = "e".repeat(length);
      const frame = { kind: "response", id: "1", method: "m".repeat(length), error, body: hex("") } as const;
      expect(protoRpcFraming.read(protoRpcFraming.write(frame), "response")).toMatchObject({ ...frame, body: {} });
    }
  });

  it("sends no value beside an error", () => {
    const reply = {
      ...replyTo({ kind: "request", id: "", method: "", body: hex("") }, hex("")),
      error: "x",
      body: hex("01"),
    };
    expect(Buffer.from(protoRpcFraming.write(reply)).toString("hex")).toBe("000000031a017800000000");
  });
});

describe("the gRPC frame", () => {
  it.each([
    ["a head that is cut off", "00000000", "4 bytes, its head alone has 5"],
    ["compression", "01 00000000", "its first byte is 1 and not 0"],
    ["a length that lies", "00 00000005 01", "claims 5 bytes, 1 follow"],
    ["four gigabytes", "00 ffffffff", "claims 4294967295 bytes, 0 follow"],
    ["a second frame", "00 00000000 00 00000000", "claims 0 bytes, 5 follow"],
  ])("refuses %s", (_what, message, error) => {
    expect(() => grpcFraming.read(hex(message), "request")).toThrow(error);
  });

  it("stands around the empty message in responses only, where Go's client needs it", () => {
    const request = grpcFraming.read(
      grpcFraming.write({ kind: "request", id: "7", method: "A.B", body: hex("") }),
      "request",
    );
    const reply = grpcFraming.write(replyTo(request, request.body));
    expect(Buffer.from(reply).toString("hex")).toBe("0000000000");
    expect(grpcFraming.read(reply, "response").body.length).toBe(0);
  });
});
