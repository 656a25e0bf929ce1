import type { CallTarget } from "../protocol/protocol.ts";
import type { MessageType } from "../words/description.ts";
import { MicroError } from "../words/errors.ts";

/** The request as its handler gets it. Throws the 400 that a request gets which cannot be encoded. */
export function copyRequest({ request }: { request: MessageType }, { endpoint }: CallTarget, value: unknown): unknown {
  try {
    return copyOf(request, value);
  } catch (reason) {
    throw new MicroError("go.micro.client.codec", 400, `request of ${endpoint}: ${textOf(reason)}`, { cause: reason });
  }
}

/** The reply as its caller gets it. Throws the 500 that a reply gets which cannot be encoded. */
export function copyReply({ response }: { response: MessageType }, { endpoint }: CallTarget, value: unknown): unknown {
  try {
    return copyOf(response, value ?? {});
  } catch (reason) {
    throw new MicroError("go.micro.server", 500, `reply of ${endpoint}: ${textOf(reason)}`, { cause: reason });
  }
}

function copyOf(type: MessageType, value: unknown): unknown {
  return type.copy ? type.copy(value as object) : type.decode(type.encode(value as object));
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
