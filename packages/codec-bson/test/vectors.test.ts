import type { Frame } from "@micro/core";
import { describe, expect, it } from "vitest";
import { bsonRpc } from "../src/index.ts";
import { messages, vectors } from "./vectors.ts";

const framing = bsonRpc();

describe("bson-rpc", () => {
  it.each(vectors)("writes and reads $kind with $what as Go writes it", (vector) => {
    const { kind, id, method, message = "", hex } = vector;
    const type = messages.type(message);
    const value = type.decode(Buffer.from(vector.value ?? "", "hex"));
    const frame: Frame = { kind, id, method, body: framing.codec.coder(type).encode(value) };
    expect(Buffer.from(framing.write(frame)).toString("hex")).toBe(hex);

    const read = framing.read(Buffer.from(hex, "hex"), kind);
    expect({ ...read, body: undefined }).toStrictEqual({ ...frame, body: undefined });
    const decoded = framing.codec.coder(type).decode(read.body);
    // In Go, bytes that are not set are the same as none.
    expect(decoded).toEqual(
      message === "vectors.Optionals" ? { ...(value as object), someBytes: new Uint8Array(0) } : value,
    );
  });
});
