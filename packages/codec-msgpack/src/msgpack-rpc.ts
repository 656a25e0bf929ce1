import type { Frame, FrameKind, Framing } from "@micro/core";
import { type MsgpackOptions, msgpackCodec } from "./msgpack-codec.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/**
 * The framing msgpack-rpc for mucp: a request is `[0, id, method, [body]]`, a response `[1, id, error or nil, body or
 * nil]`, an event `[2, topic, [body]]`. Ids are strings; numbers, which others use, are answered with the same number.
 *
 * Source: https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md
 */
export function msgpackRpc(options: MsgpackOptions = {}): Framing {
  return { name: "msgpack-rpc", codec: msgpackCodec(options), write, read };
}

const types: Readonly<Record<FrameKind, number>> = { request: 0, response: 1, event: 2 };
const nothing = new Uint8Array(0);

function write(frame: Frame): Uint8Array {
  const { kind, method, body, error } = frame;
  const out = new Writer();
  out.arrayHead(kind === "event" ? 3 : 4);
  out.value(types[kind], "type", 0);
  if (kind !== "event") out.value(frame.wireId ?? frame.id, "id", 0);
  if (kind !== "response") {
    out.text(method);
    out.arrayHead(body.length === 0 ? 0 : 1);
    out.raw(body);
    return out.take();
  }
  out.value(error, "error", 0);
  if (error !== undefined || body.length === 0) out.nil();
  else out.raw(body);
  return out.take();
}

function read(message: Uint8Array, kind: FrameKind): Frame {
  if (message.length === 0) return { kind, id: "", method: "", body: nothing };
  const reader = new Reader(message);
  const size = reader.array(`msgpack-rpc ${kind}`);
  const type = reader.value();
  if (size !== (kind === "event" ? 3 : 4) || type !== types[kind]) {
    throw new Error(
      `msgpack-rpc ${kind}: expected its type ${types[kind]}, got an array of ${size} with ${String(type)} first`,
    );
  }
  const frame = kind === "response" ? readResponse(reader) : readCall(reader, kind);
  reader.end();
  return frame;
}

function readCall(reader: Reader, kind: "request" | "event"): Frame {
  const id = kind === "event" ? { id: "" } : readId(reader);
  const method = reader.value();
  if (typeof method !== "string") throw new Error(`msgpack-rpc ${kind}: the method is no string`);
  const params = reader.array(`params of ${method}`);
  if (params > 1) throw new Error(`msgpack-rpc ${kind}: params holds ${params} values, expected one`);
  return { kind, ...id, method, body: params === 0 ? nothing : reader.skip() };
}

function readResponse(reader: Reader): Frame {
  const id = readId(reader);
  const error = reader.value() ?? "";
  if (typeof error !== "string") throw new Error("msgpack-rpc response: the error is neither a string nor nil");
  const body = reader.skip();
  const none = error !== "" || (body.length === 1 && body[0] === nil);
  return { kind: "response", ...id, method: "", ...(error !== "" && { error }), body: none ? nothing : body };
}

const nil = 0xc0;

function readId(reader: Reader): Pick<Frame, "id" | "wireId"> {
  const id = reader.value();
  if (typeof id === "string") return { id };
  if (typeof id === "number" || typeof id === "bigint") return { id: String(id), wireId: id };
  throw new Error("msgpack-rpc: the id is neither a string nor a number");
}
