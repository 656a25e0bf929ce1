import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";
import { type JsonObject, jsonText, setAt } from "./json-text.ts";
import { headerOf } from "./message.ts";
import type { Payload } from "./rpc-payload.ts";
import { maxPairs } from "./url-encoded.ts";

/** A request with a multipart form as the same request with the JSON that stands for it. */
export async function multipartAsJson({ method, query, headers, body }: Payload): Promise<Payload> {
  const contentType = headerOf({ headers }, "content-type") ?? "";
  return { method, query, headers, body: Buffer.from(await multipartFields(body, contentType)) };
}

/**
 * A `multipart/form-data` body as the text of a JSON object: fields as texts, files as base64, which is how JSON writes a field of
 * bytes. Several files of one name are a list; several texts are joined with `,`, as in other forms. A dot in a name nests.
 *
 * Rejects with 400 for a body that is no such form, and for more than `maxPairs` parts.
 */
export async function multipartFields(body: Uint8Array, contentType: string): Promise<string> {
  const form = await parse(body, contentType);
  const object: JsonObject = new Map();
  const names = new Set(form.keys());
  if ([...form.keys()].length > maxPairs) throw badRequest(gatewayId, `form has more than ${maxPairs} parts`);
  for (const name of names) setAt(object, name.split("."), await fieldValue(form.getAll(name)));
  return jsonText(object);
}

/** The parser of Node's own `fetch`; it wants the whole body, which the gateway has anyway. */
async function parse(body: Uint8Array, contentType: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw badRequest(gatewayId, `body is no multipart form (content type ${contentType}): ${why}`);
  }
}

async function fieldValue(parts: readonly (string | File)[]): Promise<string> {
  const files: string[] = [];
  for (const part of parts)
    if (typeof part !== "string") files.push(JSON.stringify(Buffer.from(await part.arrayBuffer()).toString("base64")));
  if (files.length === 0) return JSON.stringify(parts.join(","));
  return files.length === 1 ? (files[0] ?? "") : `[${files.join(",")}]`;
}
