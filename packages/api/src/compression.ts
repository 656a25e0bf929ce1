import { pipeline, Readable, type Transform } from "node:stream";
import { promisify } from "node:util";
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from "node:zlib";
import { type HttpAnswer, headerOf } from "@micro/gateway";
import { acceptedCoding, type Coding } from "./accepted-coding.ts";
import type { Extension } from "./extension.ts";
import { varyingBy } from "./vary.ts";

export interface CompressionOptions {
  /** Smaller bodies are sent as they are, in bytes; streams are always packed. @default 1024 */
  minBytes?: number;
  /** Which content types are worth it, without their parameters. @default text, JSON, XML, JavaScript, protobuf, SVG, fonts that are not packed */
  types?: (type: string) => boolean;
}

/**
 * Packs answers with brotli or gzip where the peer takes it. Each piece of a stream is packed and sent at once, so that events
 * arrive when they happen. What is packed already, or says `no-transform`, stays as it is.
 */
export function compression({ minBytes = 1_024, types = isCompressible }: CompressionOptions = {}): Extension {
  return () => ({
    stages: [
      async (request, next) => {
        const answer = await next();
        if (!isPackable(answer, types)) return answer;
        const coding = acceptedCoding(headerOf(request, "accept-encoding") ?? "");
        const varying = varyingBy(answer, "Accept-Encoding");
        const { body } = answer;
        if (!coding || request.method === "HEAD") return varying;
        if (body instanceof Readable) return packed(varying, coding, packedStream(body, coding));
        const bytes = typeof body === "string" ? Buffer.from(body) : body;
        if (bytes.length < minBytes) return varying;
        return packed(varying, coding, await packers[coding](bytes));
      },
    ],
  });
}

const withoutBody: ReadonlySet<number> = new Set([204, 206, 304]);

function isPackable({ status, headers, taken }: HttpAnswer, types: (type: string) => boolean): boolean {
  if (taken || status < 200 || withoutBody.has(status)) return false;
  let type = "";
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === "content-encoding" || key === "content-range") return false;
    if (key === "cache-control" && /\bno-transform\b/i.test(value)) return false;
    if (key === "content-type") type = value.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  }
  return types(type);
}

function isCompressible(type: string): boolean {
  return compressible.test(type);
}

const compressible =
  /^text\/|^application\/(?:json|javascript|xml|x-ndjson|protobuf|x-protobuf|wasm|manifest\+json|graphql|x-www-form-urlencoded)$|\+(?:json|xml|text)$|^image\/(?:svg\+xml|bmp|x-icon)$|^font\/(?:ttf|otf)$/;

/** The same answer with another body: its length is not known any more, and an exact tag would tell of other bytes. */
function packed(answer: HttpAnswer, coding: Coding, body: HttpAnswer["body"]): HttpAnswer {
  const headers = answer.headers.flatMap(([name, value]): [string, string][] => {
    const key = name.toLowerCase();
    if (key === "content-length" || key === "accept-ranges") return [];
    return key === "etag" && value.startsWith('"') ? [[name, `W/${value}`]] : [[name, value]];
  });
  return { ...answer, headers: [...headers, ["content-encoding", coding]], body };
}

// Level 11, brotli's own default, takes a hundred times as long for a few per cent less.
const quality = { [constants.BROTLI_PARAM_QUALITY]: 4 };
const brotliBytes = promisify(brotliCompress);
const gzipBytes = promisify(gzip);

const packers: Readonly<Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  br: (bytes) => brotliBytes(bytes, { params: { ...quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gzip: (bytes) => gzipBytes(bytes),
};

function packedStream(body: Readable, coding: Coding): Readable {
  const packer: Transform =
    coding === "br"
      ? createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH, params: quality })
      : createGzip({ flush: constants.Z_SYNC_FLUSH });
  // A failure of either destroys both; whoever writes the answer sees it in the packer.
  return pipeline(body, packer, ignore);
}

function ignore(): void {
  return;
}
