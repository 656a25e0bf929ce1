import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { badRequest, MicroError, type PublicationOptions } from "@micro/core";
import { headerPairs } from "./api-request.ts";
import { callMetadata } from "./call-metadata.ts";
import { gatewayId } from "./gateway-id.ts";
import { Event } from "./gen/api.ts";
import type { MessageHandler } from "./handler.ts";
import type { HttpRequest } from "./message.ts";
import type { ServicePrefixes } from "./namespace.ts";
import { segmentsOf, versionSegment } from "./resolvers/resolver.ts";
import { urlEncodedPairs } from "./url-encoded.ts";

/** Publishes a value to a topic, as `Service.publish` does. */
export type Publish = <T>(topic: string, value: T, options?: PublicationOptions<T>) => Promise<void>;

/**
 * Publishes requests instead of calling a service: each becomes a `go.api.Event` on the topic that its path names, under
 * its prefix. The answer is an empty 200 once the broker has taken it over.
 */
export function eventHandler(publish: Publish, prefixes: Pick<ServicePrefixes, "of">): MessageHandler {
  return async (request, _route, { timeoutMs, signal }) => {
    const { topic, name } = eventOf(request, prefixes.of(request));
    const event = {
      name,
      id: `${topic}-${name}-${randomUUID()}`,
      timestamp: BigInt(Math.floor(Date.now() / 1_000)),
      header: headerPairs(request),
      data: request.method === "GET" ? queryData(request.query) : bodyData(request.body),
    };
    const options = { type: Event, contentType: "application/grpc+proto", timeoutMs, signal } as const;
    await publish(topic, event, { ...options, metadata: callMetadata(request) });
    return { status: 200, headers: [], body: "" };
  };
}

/**
 * Topic and name of the event that a path stands for: `/user/login` is `login` on `<prefix>.user`, `/v1/user/login`
 * is `user.login` on `<prefix>.v1.user`; what follows is part of the name, joined by dots.
 */
export function eventOf({ path }: Pick<HttpRequest, "path">, prefix: string): { topic: string; name: string } {
  const segments = segmentsOf({ path });
  const [first, second] = segments;
  if (first === undefined) return { topic: prefix, name: "event" };
  if (!segments.every((segment) => topicPart.test(segment)))
    throw badRequest(gatewayId, `path ${path} names no topic; expected letters, digits and any of . _ - ~`);
  const versioned = second !== undefined && versionSegment.test(first);
  return {
    topic: `${prefix}.${versioned ? `${first}.${second}` : first}`,
    name: segments.slice(1).join("."),
  };
}

const topicPart = /^[\w.~-]{1,200}$/;

function bodyData(body: Uint8Array): string {
  if (!isUtf8(body))
    throw new MicroError(gatewayId, 415, "body is not UTF-8; events carry text, so send bytes as base64");
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
}

/** Every value of a query is a list, as go-micro writes it. */
function queryData(query: string): string {
  const values = new Map<string, string[]>();
  for (const [key, value = ""] of urlEncodedPairs(query, "query")) {
    const before = values.get(key);
    if (before) before.push(value);
    else values.set(key, [value]);
  }
  return JSON.stringify(Object.fromEntries(values));
}
