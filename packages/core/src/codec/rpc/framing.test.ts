import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, type FrameKind, type Framing, replyTo } from "./framing.ts";
import { framingFor, legacyFramings, modernFramings } from "./framings.ts";
import { jsonRpc2Framing } from "./json-rpc2.ts";

const all: Record<string, Framing> = { ...modernFramings, "json-rpc2": jsonRpc2Framing };
const kinds: readonly FrameKind[] = ["request", "response", "event"];

describe.each(Object.entries(all))("the framing of %s", (_contentType, framing) => {
  const enveloped = framing.name.endsWith("-rpc") || framing.name === "json-rpc2";
  const body = framing.codec.name === "json" ? jsonBody() : fc.uint8Array({ maxLength: 300 });
  const id = framing.name === "proto-rpc" ? fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String) : fc.string();

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), id, fc.string({ unit: "grapheme" }), body, (kind, id, method, body) => {
        const frame = { kind, id, method, body };
        const read = framing.read(framing.write(frame), kind);
        expect(trimmed(read.body)).toBe(trimmed(body));
        expect(read.error).toBeUndefined();
        const known = enveloped && kind !== "event";
        expect(read.id).toBe(known ? id : "");
        const tellsMethod = known && (kind === "request" || framing.name === "proto-rpc");
        expect(read.method).toBe(tellsMethod ? method : "");
      }),
    );
  });

  it("tells an error without a value where it has room for one, and writes nothing where it has not", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (error) => {
        const message = framing.write(
          replyTo({ kind: "request", id: "7", method: "A.B", body: nothing }, nothing, error),
        );
        const read = framing.read(message, "response");
        expect(read.body.length).toBe(0);
        if (enveloped) expect(read).toMatchObject({ id: "7", error });
        else expect(message.length).toBe(0);
      }),
    );
  });

  it("reads no bytes as a frame that says nothing", () => {
    for (const kind of kinds) {
      expect(framing.read(nothing, kind)).toStrictEqual({ kind, id: "", method: "", body: nothing });
    }
  });

  it("reads a message that lies in the middle of other bytes", () => {
    const value = framing.codec.name === "json" ? Buffer.from("{}") : Buffer.from([1, 2]);
    const message = framing.write({ kind: "request", id: "7", method: "A.B", body: value });
    const around = Buffer.concat([Buffer.alloc(3, 0x7b), message, Buffer.alloc(3, 0x7d)]);
    const read = framing.read(around.subarray(3, -3), "request");
    expect(trimmed(read.body)).toBe(trimmed(value));
  });

  it("answers any bytes with a frame or an error, never with a body that was not there", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...kinds), (message, kind) => {
        const frame = attempt(() => framing.read(message, kind));
        if (frame instanceof Error) expect(frame.message).toMatch(/rpc|grpc|JSON|cut off|byte/);
        else expect(frame.body.length).toBeLessThanOrEqual(message.length);
      }),
    );
  });

  it("refuses every message that is cut off, unless the rest is one as well", () => {
    const value = framing.codec.name === "json" ? Buffer.from('{"name":"bob"}') : Buffer.from([10, 3, 98, 111, 98]);
    const message = framing.write({ kind: "request", id: "7", method: "A.B", body: value });
    if (!enveloped && framing.name !== "grpc") return;
    // The last byte of a line is its newline, which may be missing.
    const whole = message[message.length - 1] === 0x0a ? message.length - 1 : message.length;
    for (let length = 1; length < whole; length++) {
      expect(() => framing.read(message.subarray(0, length), "request"), `${length} bytes`).toThrow(Error);
    }
  });
});

it("ends plain JSON with one newline, whoever wrote it, and leaves nothing alone", () => {
  const line = (text: string) => {
    const frame = { kind: "event", id: "", method: "", body: Buffer.from(text) } as const;
    return Buffer.from(modernFramings["application/json"]?.write(frame) ?? "").toString();
  };
  expect(["", "{}", "{}\n"].map(line)).toEqual(["", "{}\n", "{}\n"]);
});

describe("the framing of a content type", () => {
  it.each(Object.entries(modernFramings))("%s is what the table says", (contentType, framing) => {
    expect(framingFor(contentType)).toBe(framing);
  });

  it.each(Object.entries(legacyFramings))(
    "%s is what the legacy table says for a legacy peer",
    (contentType, framing) => {
      expect(framingFor(contentType, { legacy: true })).toBe(framing);
    },
  );

  it("does not depend on case or parameters", () => {
    expect(framingFor("Application/JSON; charset=utf-8")?.name).toBe("json");
  });

  it.each(["", "text/plain", "application/xml", "toString", "__proto__"])("is nothing for %j", (contentType) => {
    expect(framingFor(contentType)).toBeUndefined();
    expect(framingFor(contentType, { legacy: true })).toBeUndefined();
  });

  it("may be the program's own, except where a legacy peer's is known", () => {
    const own = { "application/json": jsonRpc2Framing, "application/x": jsonRpc2Framing };
    expect(framingFor("application/json", { own })).toBe(jsonRpc2Framing);
    expect(framingFor("application/x", { own, legacy: true })).toBe(jsonRpc2Framing);
    expect(framingFor("application/json", { own, legacy: true })?.name).toBe("json-rpc");
    expect(framingFor("application/grpc", { own, legacy: true })?.name).toBe("grpc");
  });
});

const nothing = new Uint8Array(0);

function jsonBody(): fc.Arbitrary<Uint8Array> {
  return fc.object().map((value) => Buffer.from(JSON.stringify(value)));
}

/** The value in hex, without what JSON has around it and with its escapes undone. */
function trimmed(body: Uint8Array): string {
  const text = Buffer.from(body).toString().trim();
  if (!text.startsWith("{")) return Buffer.from(body).toString("hex");
  const json = attempt(() => JSON.stringify(JSON.parse(text)));
  return json instanceof Error ? Buffer.from(body).toString("hex") : json;
}

function attempt(read: () => Frame): Frame | Error;
function attempt(read: () => string): string | Error;
function attempt(read: () => Frame | string): Frame | string | Error {
  try {
    return read();
  } catch (reason) {
    if (reason instanceof Error) return reason;
    throw reason;
  }
}
