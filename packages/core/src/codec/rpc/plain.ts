import { bytesCodec } from "../bytes.ts";
import type { Codec } from "../codec.ts";
import { jsonCodec } from "../json.ts";
import { protobufCodec } from "../protobuf.ts";
import { emptyFrame, type Framing } from "./framing.ts";
import { escapeHtml } from "./go-json.ts";

/** Nothing but the body: id, method and error are told by the headers alone. Under the codec's own name. */
export function plainFraming(codec: Codec): Framing {
  return {
    name: codec.name,
    codec,
    write: ({ body }) => body,
    read: (message, kind) => ({ ...emptyFrame(kind), body: message }),
  };
}

/** `application/protobuf`: the bare message. */
export const protobufFraming: Framing = plainFraming(protobufCodec);

/** `application/octet-stream`: the bytes themselves. */
export const bytesFraming: Framing = plainFraming(bytesCodec);

const bareJson = plainFraming(jsonCodec({ dialect: "struct" }));

/** `application/json`: one JSON value and a newline, written by Go's struct tags and read by the rules of proto3 JSON. */
export const jsonFraming: Framing = { ...bareJson, write: ({ body }) => withNewline(escapeHtml(body)) };

function withNewline(text: Uint8Array): Uint8Array {
  if (text.length === 0 || text[text.length - 1] === newline) return text;
  const line = new Uint8Array(text.length + 1);
  line.set(text);
  line[text.length] = newline;
  return line;
}

const newline = 0x0a;
