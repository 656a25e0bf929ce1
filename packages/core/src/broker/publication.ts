import { bytesCodec } from "../codec/bytes.ts";
import { type CodecTable, defaultCodecs } from "../codec/codecs.ts";
import type { MessageType } from "../words/description.ts";
import { badRequest, MicroError } from "../words/errors.ts";
import { type Metadata, metadata } from "../words/metadata.ts";
import type { BrokerMessage, PublishOptions } from "./broker.ts";
import { brokerId } from "./checks.ts";

/** How a value is published. */
export interface PublicationOptions<T = unknown> extends PublishOptions {
  /** What the value is. Without it the value must be what the content type's codec takes as it is. */
  type?: MessageType<T>;
  /** How the body is written. @default "application/protobuf" with a type, "application/octet-stream" for bytes, else "application/json" */
  contentType?: string;
  /** The value is the body as it is, a `Uint8Array` of whatever the content type says. @default false */
  raw?: boolean;
  /** Headers of the message. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * A value as a message: encoded as its content type says, which every subscriber of go-micro reads, with the headers
 * `content-type` and `micro-topic`. Throws 400 when the value does not fit, 500 when no codec answers to the content type.
 */
export function publication<T>(
  topic: string,
  value: T,
  options: PublicationOptions = {},
  codecs: CodecTable = defaultCodecs,
): BrokerMessage {
  const { type, raw = false } = options;
  const contentType = options.contentType ?? defaultContentType(type, value);
  const headers: Metadata = metadata(options.metadata);
  headers["content-type"] = contentType;
  headers["micro-topic"] = topic;
  const codec = raw ? bytesCodec : codecs.find(contentType);
  if (!codec) throw new MicroError(brokerId, 500, `Unsupported Content-Type: ${contentType}`);
  try {
    return { headers, body: codec.coder(type).encode(value) };
  } catch (reason) {
    throw badRequest(
      brokerId,
      `message to topic ${topic}: ${reason instanceof Error ? reason.message : String(reason)}`,
    );
  }
}

function defaultContentType(type: MessageType | undefined, value: unknown): string {
  if (type) return "application/protobuf";
  return value instanceof Uint8Array ? "application/octet-stream" : "application/json";
}
