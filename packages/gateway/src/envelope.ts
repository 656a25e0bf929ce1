import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";
import { firstElement, isObjectText, objectMembers } from "./json-text.ts";

/** The parameter of a JSON-RPC request, `{"method":…,"params":[x],"id":…}`, as text. `text` must be JSON. */
export function unwrapJsonRpc(text: string): string {
  const params = isObjectText(text) ? objectMembers(text).get("params") : undefined;
  const first = params === undefined ? undefined : firstElement(params);
  if (first === undefined)
    throw badRequest(gatewayId, 'body is no JSON-RPC request; expected {"params":[…]} with one parameter');
  return first;
}

/**
 * The message of a proto-rpc request: two frames, header and body, each after its length as a varint.
 * Source: go-micro v2.9.1 `codec/protorpc/netstring.go`.
 */
export function unwrapProtoRpc(body: Uint8Array): Uint8Array {
  const header = frameAt(body, 0);
  const message = frameAt(body, header.end);
  if (message.end !== body.length) throw notProtoRpc();
  return body.subarray(message.start, message.end);
}

function frameAt(bytes: Uint8Array, from: number): { start: number; end: number } {
  let length = 0;
  for (let at = from, scale = 1; at < bytes.length && at < from + 5; at++, scale *= 128) {
    const byte = bytes[at] as number;
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      const [start, end] = [at + 1, at + 1 + length];
      if (end > bytes.length) break;
      return { start, end };
    }
  }
  throw notProtoRpc();
}

function notProtoRpc(): Error {
  return badRequest(
    gatewayId,
    "body is no proto-rpc request; expected a header and a message, each after its length as a varint (send plain protobuf as application/protobuf)",
  );
}
