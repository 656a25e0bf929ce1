import type { Frame } from "@micro/core";
import { describe, expect, it } from "vitest";
import { msgpackRpc } from "../src/index.ts";
import { messages, namesOf, type Vector, vectors } from "./vectors.ts";

describe("msgpack-rpc", () => {
  it.each(vectors)("writes and reads $kind with $what as Go writes it", (vector) => {
    const framing = msgpackRpc({ names: namesOf(vector) });
    const { kind, id, method, error, hex } = vector;
    const coder = framing.codec.coder(typeOf(vector));
    const value = bodyOf(vector);
    const body = vector.message === undefined ? new Uint8Array(0) : coder.encode(value);
    const frame: Frame = { kind, id, method, ...(error !== undefined && { error }), body };
    expect(Buffer.from(framing.write(frame)).toString("hex")).toBe(hex);

    const read = framing.read(Buffer.from(hex, "hex"), kind);
    expect({ ...read, body: undefined }).toStrictEqual({ ...frame, body: undefined });
    expect(coder.decode(read.body)).toEqual(value);
  });

  it("reads the keys of Go and of the proto file, whichever it writes", () => {
    const tree = messages.type("vectors.Tree");
    for (const [writes, reads] of [
      ["go", "proto"],
      ["proto", "go"],
    ] as const) {
      const bytes = msgpackRpc({ names: writes }).codec.coder(tree).encode({ name: "bob", left: {} });
      expect(msgpackRpc({ names: reads }).codec.coder(tree).decode(bytes)).toMatchObject({ name: "bob", left: {} });
    }
  });
});

function typeOf({ message }: Vector) {
  return message === undefined ? undefined : messages.type(message);
}

function bodyOf(vector: Vector): unknown {
  return typeOf(vector)?.decode(Buffer.from(vector.value ?? "", "hex")) ?? null;
}
