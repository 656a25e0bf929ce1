import { HeaderTemplate } from "@micro/http2";
import type { CallTarget, Compression, OutgoingCall } from "../../protocol/protocol.ts";
import type { Metadata } from "../../words/metadata.ts";
import { wireContentType } from "../content-type.ts";
import { unsupportedContentType } from "../failures.ts";
import { addedFields, metadataFields } from "../headers.ts";
import { pathOf } from "../path.ts";
import { acceptedEncodings } from "./decompress.ts";

/** What a call sends first, but for `grpc-timeout`: what it shares with others, and its own. */
export interface CallHeaders {
  readonly template: HeaderTemplate;
  readonly fields: readonly string[];
}

/** What is remembered of the calls of one endpoint. */
interface Kept {
  readonly timeoutMs: number | undefined;
  readonly compression: Compression;
  /** The headers without metadata. */
  readonly bare: HeaderTemplate;
  /** The metadata of the last call, and the headers with it if more than one call came with it. */
  metadata: Metadata;
  whole: CallHeaders | undefined;
}

const noFields: readonly string[] = [];

/**
 * Makes the headers of calls to one address. Calls that come with the same metadata object as the one before, which are
 * those that bring none of their own, share one template; metadata that belongs to one call goes after the template of its
 * endpoint, since a template for each would push everything else out of the peer's table.
 */
export function headerMaker(
  authority: string,
  scheme: "http" | "https",
): (call: OutgoingCall, compression: Compression) => CallHeaders {
  const kept = new WeakMap<CallTarget, Kept>();

  function templateOf(
    target: CallTarget,
    timeoutMs: number | undefined,
    compression: Compression,
    metadata?: Metadata,
  ) {
    const contentType = wireContentType(target.contentType);
    if (!contentType) throw unsupportedContentType(target.contentType);
    const own = [":method", "POST", ":scheme", scheme, ":path", pathOf(target.service, target.endpoint)];
    const wire = ["content-type", contentType, "te", "trailers", "user-agent", "micro-ts"];
    const codings = compression === "identity" ? [] : ["grpc-encoding", compression];
    return new HeaderTemplate(
      [
        ...[...own, ":authority", authority],
        ...[...wire, "grpc-accept-encoding", acceptedEncodings, ...codings],
        ...(metadata ? metadataFields(metadata) : []),
        ...addedFields(timeoutMs, target.contentType),
      ],
      metadata && secretNames(metadata),
    );
  }

  return ({ target, metadata, timeoutMs }, compression) => {
    const last = kept.get(target);
    if (last && last.timeoutMs === timeoutMs && last.compression === compression) {
      if (last.metadata === metadata) {
        last.whole ??= { template: templateOf(target, timeoutMs, compression, metadata), fields: noFields };
        return last.whole;
      }
      last.metadata = metadata;
      last.whole = undefined;
      return { template: last.bare, fields: metadataFields(metadata) };
    }
    const bare = templateOf(target, timeoutMs, compression);
    kept.set(target, { timeoutMs, compression, bare, metadata, whole: undefined });
    return { template: bare, fields: metadataFields(metadata) };
  };
}

// What proves who one is never enters a table that outlives the call.
function secretNames(metadata: Metadata): string[] {
  return Object.keys(metadata).filter((name) => /authorization|cookie|token|secret|password|api-?key/.test(name));
}
