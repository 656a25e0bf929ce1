import { validateHeaderName, validateHeaderValue } from "node:http";
import { MicroError } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";
import type { Response } from "./gen/api.ts";
import type { Response as RawResponse } from "./gen/raw.ts";
import { ofOneConnection } from "./header-name.ts";
import type { HttpAnswer } from "./message.ts";

/**
 * A `go.api.Response` as HTTP: its header values one by one, `application/json` unless it names a type, status 200
 * when it names none. Headers that belong to one connection are dropped.
 *
 * Throws 502 for a status or a header that HTTP does not allow.
 */
export function apiAnswer({ statusCode, header, body }: Response | RawResponse): HttpAnswer {
  const status = statusCode === 0 ? 200 : statusCode;
  if (status < 200 || status > 599) throw badAnswer(`statusCode ${statusCode}; expected 200 to 599, or 0 for 200`);
  const headers: [string, string][] = [];
  for (const [mapKey, { key, values }] of Object.entries(header)) {
    const name = key || mapKey;
    if (ofOneConnection.has(name.toLowerCase())) continue;
    for (const value of values) headers.push(headerLine(name, value));
  }
  if (!headers.some(([name]) => name.toLowerCase() === "content-type"))
    headers.push(["content-type", "application/json"]);
  return { status, headers, body };
}

/** Text goes out as UTF-8, which Node writes when it is handed over byte by byte. */
function headerLine(name: string, value: string): [string, string] {
  const bytes = Buffer.from(value, "utf8").toString("latin1");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, bytes);
  } catch (reason) {
    throw badAnswer(`header ${JSON.stringify(name)} with value ${JSON.stringify(value)}`, reason);
  }
  return [name, bytes];
}

function badAnswer(what: string, cause?: unknown): MicroError {
  return new MicroError(gatewayId, 502, `service answered ${what}`, cause === undefined ? {} : { cause });
}
