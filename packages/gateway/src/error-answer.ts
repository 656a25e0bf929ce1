import { formatError, type MicroError, reasonPhrase } from "@micro/core";
import type { HttpAnswer } from "./message.ts";

/**
 * An error as HTTP: its code is the status, its JSON the body, always labelled `application/json`.
 *
 * Two codes do not become the status as they are. 408 would invite browsers and proxies to send the request again,
 * so a timeout is 504, in the object as well. A code that HTTP has no room for, or that forbids a body, is sent as
 * 500 and stays in the object: a business code like 10001 reaches the caller.
 */
export function errorAnswer(error: MicroError): HttpAnswer & { readonly body: string } {
  const { id, detail } = error;
  const [code, phrase] = error.code === 408 ? [504, reasonPhrase(504)] : [error.code || 500, error.status];
  const body = formatError({ id, code, detail, status: phrase || reasonPhrase(code) });
  return { status: isStatus(code) ? code : 500, headers: [["content-type", "application/json"]], body, error };
}

function isStatus(code: number): boolean {
  return Number.isInteger(code) && code >= 200 && code <= 599 && !bodiless.has(code);
}

const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);
