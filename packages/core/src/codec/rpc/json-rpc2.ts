import { Buffer } from "node:buffer";
import { parseJson } from "../json-text.ts";
import { emptyFrame, type Frame, type Framing } from "./framing.ts";
import { bodyText, goJson } from "./go-json.ts";
import { jsonMembers } from "./json-members.ts";
import { idText, isNull, readId, shortText, textMember } from "./json-rpc.ts";
import { structJsonCodec } from "./struct-json.ts";

/**
 * JSON-RPC 2.0, one object a line; an event is the bare value. No content type stands for it by itself.
 *
 * The response to a notification, a request without id, is no bytes at all. Batches are refused.
 * Source: https://www.jsonrpc.org/specification
 */
export const jsonRpc2Framing: Framing = {
  name: "json-rpc2",
  codec: structJsonCodec,
  write(frame) {
    if (frame.kind === "event") return Buffer.from(frame.body.length === 0 ? "" : bodyText(frame.body));
    return Buffer.from(frame.kind === "request" ? requestLine(frame) : responseLine(frame));
  },
  read(message, kind) {
    if (message.length === 0) return emptyFrame(kind);
    if (kind === "event") return { ...emptyFrame(kind), body: message };
    const members = jsonMembers(message);
    const version = textMember(members, "jsonrpc", `json-rpc2 ${kind}`);
    if (version !== "2.0") throw new Error(`json-rpc2 ${kind}: expected version "2.0", got ${JSON.stringify(version)}`);
    return kind === "request" ? readRequest(members) : readResponse(members);
  },
};

function requestLine({ method, body, id }: Frame): string {
  const params = bodyText(body);
  if (params !== "null" && !/^[{[]/.test(params)) {
    throw new Error(`json-rpc2 request: params must be an object or an array, got ${params.slice(0, 40)}`);
  }
  const member = params === "null" ? "" : `,"params":${params}`;
  return `{"jsonrpc":"2.0","method":${goJson(method)}${member},"id":${goJson(id)}}\n`;
}

function responseLine(frame: Frame): string {
  const { body, error } = frame;
  if ("wireId" in frame && frame.wireId === undefined) return "";
  const outcome = error === undefined ? `"result":${bodyText(body)}` : `"error":${errorText(error)}`;
  return `{"jsonrpc":"2.0","id":${idText(frame)},${outcome}}\n`;
}

/** A text that already is an error object goes out as such; any other becomes the message of one. */
function errorText(error: string): string {
  if (isErrorObject(error)) return bodyText(Buffer.from(error));
  return goJson({ code: unknownEndpoint.test(error) ? methodNotFound : serverError, message: error });
}

// The words in which go-micro says that there is no such endpoint.
const unknownEndpoint = /^rpc: (service\/method request ill-formed|can't find service|can't find method)/;
const methodNotFound = -32601;
const serverError = -32000;

function isErrorObject(text: string): boolean {
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  try {
    const { code, message, ...more } = JSON.parse(text) as Record<string, unknown>;
    return Number.isInteger(code) && typeof message === "string" && Object.keys(more).every((key) => key === "data");
  } catch {
    // A text that only looks like JSON is as good a message as any.
    return false;
  }
}

function readRequest(members: ReadonlyMap<string, Uint8Array>): Frame {
  const method = textMember(members, "method", "json-rpc2 request");
  const params = members.get("params");
  if (params !== undefined && params[0] !== openBrace && params[0] !== openBracket) {
    throw new Error(`json-rpc2 request: params must be an object or an array, got ${shortText(params)}`);
  }
  return { kind: "request", ...readId(members.get("id")), method, body: params ?? emptyFrame("request").body };
}

const openBrace = 0x7b;
const openBracket = 0x5b;

function readResponse(members: ReadonlyMap<string, Uint8Array>): Frame {
  const result = members.get("result");
  const failure = members.get("error");
  if ((result === undefined) === (failure === undefined)) {
    throw new Error(`json-rpc2 response: expected either a result or an error, got ${result ? "both" : "neither"}`);
  }
  const frame = { ...emptyFrame("response"), ...readId(members.get("id")) };
  return failure === undefined ? { ...frame, body: result ?? frame.body } : { ...frame, error: readError(failure) };
}

/** The message of an error object; its whole JSON where it carries data as well or is none. */
function readError(json: Uint8Array): string {
  if (isNull(json)) throw new Error("json-rpc2 response: error is null");
  const text = Buffer.from(json).toString();
  const error = parseJson(json);
  if (typeof error === "string") return error;
  const { message, data } = error as Record<string, unknown>;
  return typeof message === "string" && message !== "" && data === undefined ? message : text;
}
