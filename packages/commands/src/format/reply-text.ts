import { Buffer } from "node:buffer";
import { MicroError } from "@micro/core";
import { commandsId } from "../services.ts";
import { indentJson } from "./go-json.ts";

/** A JSON reply as `micro call` shows it, indented with tabs. An empty reply is empty, and one that is no JSON is shown as it came. */
export function replyText(reply: Uint8Array): string {
  const text = Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).toString("utf8");
  return /^\s*[[{"\d\-tfn]/.test(text) ? indentJson(text) : text;
}

/** What `micro call` says of a failed call: `error calling SERVICE.ENDPOINT: ` and the error's JSON. */
export function callFailureText(service: string, endpoint: string, reason: unknown): string {
  return `error calling ${service}.${endpoint}: ${MicroError.from(reason, commandsId).message}`;
}

/** The same of a stream that broke: `error receiving from SERVICE.ENDPOINT: ` and the error's JSON. */
export function streamFailureText(service: string, endpoint: string, reason: unknown): string {
  return `error receiving from ${service}.${endpoint}: ${MicroError.from(reason, commandsId).message}`;
}
