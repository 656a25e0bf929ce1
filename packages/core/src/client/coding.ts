import type { CodecTable } from "../codec/codecs.ts";
import type { CallTarget, Protocol } from "../protocol/protocol.ts";
import type { Candidate } from "../selector/selector.ts";
import { MicroError } from "../words/errors.ts";
import type { EndpointPlan } from "./client.ts";

/** How values of one endpoint become bytes and back. Throws a `MicroError` for those that do not fit. */
export interface Coding {
  encode(request: unknown): Uint8Array;
  decode(reply: Uint8Array): unknown;
}

/** The coding for a node: that of the call's content type, unless what the node speaks means something else by it. */
export function codingsOf(
  plan: EndpointPlan,
  { endpoint, contentType }: Pick<CallTarget, "endpoint" | "contentType">,
  codecs: CodecTable,
  protocols: ReadonlyMap<string, Protocol>,
): (candidate: Candidate) => Coding {
  const usual = codingOf(contentType);
  const others = new Map<string, Coding>();
  for (const { name, bodyTypes } of protocols.values()) {
    const wanted = bodyTypes?.[contentType];
    if (wanted !== undefined && codecs.find(wanted)) others.set(name, codingOf(wanted));
  }
  if (others.size === 0) return () => usual;
  return ({ node }) => others.get(protocolOf(node)) ?? usual;

  function codingOf(type: string): Coding {
    const codec = codecs.find(type);
    if (!codec) throw new MicroError("go.micro.client", 500, `Unsupported Content-Type: ${contentType}`);
    const request = codec.coder(plan.request);
    const response = codec.coder(plan.response);
    return {
      encode(value) {
        try {
          return request.encode(value);
        } catch (reason) {
          const detail = `request of ${endpoint}: ${reason instanceof Error ? reason.message : reason}`;
          throw new MicroError("go.micro.client.codec", 400, detail, { cause: reason });
        }
      },
      decode(bytes) {
        try {
          return response.decodeOwned ? response.decodeOwned(bytes) : response.decode(bytes);
        } catch (reason) {
          const detail = `reply of ${endpoint}: ${reason instanceof Error ? reason.message : reason}`;
          throw new MicroError("go.micro.client.codec", 500, detail, { cause: reason, answered: true });
        }
      },
    };
  }
}

/** The word for what a node speaks. Those of go-micro v0 do not say; they speak mucp in the envelopes of that time. */
export function protocolOf({ metadata }: Candidate["node"]): string {
  return metadata.protocol || "legacy-mucp";
}
