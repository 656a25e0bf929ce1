import { HeaderTemplate } from "@micro/http2";
import type { CallTarget, Compression, OutgoingCall } from "../../protocol/protocol.ts";
import type { Metadata } from "../../words/metadata.ts";
import { wireContentType } from "../content-type.ts";
import { unsupportedContentType } from "../failures.ts";
import { callHeaders } from "../headers.ts";
import { pathOf } from "../path.ts";
import { acceptedEncodings } from "./decompress.ts";

interface Kept {
  readonly metadata: Metadata;
  readonly timeoutMs: number | undefined;
  readonly compression: Compression;
  readonly template: HeaderTemplate;
}

/**
 * Makes the headers of calls to one address; all but `grpc-timeout`. Most calls of an endpoint carry the same metadata
 * object and timeout, so the last ones made for an endpoint are kept.
 */
export function headerMaker(
  authority: string,
  scheme: "http" | "https",
): (call: OutgoingCall, compression: Compression) => HeaderTemplate {
  const kept = new WeakMap<CallTarget, Kept>();
  return ({ target, metadata, timeoutMs }, compression) => {
    const last = kept.get(target);
    if (last && last.metadata === metadata && last.timeoutMs === timeoutMs && last.compression === compression)
      return last.template;
    const contentType = wireContentType(target.contentType);
    if (!contentType) throw unsupportedContentType(target.contentType);
    const template = new HeaderTemplate(
      [
        ...[
          ":method",
          "POST",
          ":scheme",
          scheme,
          ":path",
          pathOf(target.service, target.endpoint),
          ":authority",
          authority,
        ],
        ...[
          "content-type",
          contentType,
          "te",
          "trailers",
          "user-agent",
          "micro-ts",
          "grpc-accept-encoding",
          acceptedEncodings,
        ],
        ...(compression === "identity" ? [] : ["grpc-encoding", compression]),
        ...callHeaders(metadata, timeoutMs, target.contentType).flat(),
      ],
      secretNames(metadata),
    );
    kept.set(target, { metadata, timeoutMs, compression, template });
    return template;
  };
}

// What proves who one is never enters a table that outlives the call.
function secretNames(metadata: Metadata): string[] {
  return Object.keys(metadata).filter((name) => /authorization|cookie|token|secret|password/.test(name));
}
