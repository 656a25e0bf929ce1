import { Buffer } from "node:buffer";
import { parseJson } from "../json-text.ts";
import { emptyFrame, type Frame, type Framing } from "./framing.ts";
import { bodyText, goJson } from "./go-json.ts";
import { jsonElements, jsonMembers } from "./json-members.ts";
import { structJsonCodec } from "./struct-json.ts";

/**
 * `application/json-rpc`: JSON-RPC 1.0, one object a line; an event is the bare value.
 *
 * Ids that are no strings come back as they were, where go-micro answers with their text. An error that is no string is
 * taken as its JSON.
 * Source: https://www.jsonrpc.org/specification_v1
 */
export const jsonRpcFraming: Framing = {
  name: "json-rpc",
  codec: structJsonCodec,
  write(frame) {
    if (frame.kind === "event") return Buffer.from(frame.body.length === 0 ? "" : bodyText(frame.body));
    return Buffer.from(frame.kind === "request" ? requestLine(frame) : responseLine(frame));
  },
  read(message, kind) {
    if (message.length === 0) return emptyFrame(kind);
    if (kind === "event") return { ...emptyFrame(kind), body: message };
    return kind === "request" ? readRequest(message) : readResponse(message);
  },
};

function requestLine({ method, body, id }: Frame): string {
  return `{"method":${goJson(method)},"params":[${bodyText(body)}],"id":${goJson(id)}}\n`;
}

function responseLine(frame: Frame): string {
  const { body, error } = frame;
  const result = error === undefined ? bodyText(body) : "null";
  return `{"id":${idText(frame)},"result":${result},"error":${goJson(error ?? null)}}\n`;
}

/** The JSON of the id that a response carries. */
export function idText(frame: Frame): string {
  return goJson("wireId" in frame ? (frame.wireId ?? null) : frame.id);
}

function readRequest(message: Uint8Array): Frame {
  const members = jsonMembers(message);
  const method = textMember(members, "method", "json-rpc request");
  return { kind: "request", ...readId(members.get("id")), method, body: onlyParam(members.get("params")) };
}

function onlyParam(params: Uint8Array | undefined): Uint8Array {
  if (params === undefined || isNull(params)) return emptyFrame("request").body;
  const [body, ...more] = jsonElements(params);
  if (more.length > 0) throw new Error(`json-rpc request: params holds ${more.length + 1} values, expected one`);
  return body ?? emptyFrame("request").body;
}

function readResponse(message: Uint8Array): Frame {
  const members = jsonMembers(message);
  const error = readError(members.get("error"));
  const { body } = emptyFrame("response");
  const result = error === undefined ? members.get("result") : undefined;
  return {
    kind: "response",
    ...readId(members.get("id")),
    method: "",
    ...(error !== undefined && { error }),
    body: result ?? body,
  };
}

function readError(json: Uint8Array | undefined): string | undefined {
  if (json === undefined || isNull(json)) return undefined;
  const error = parseJson(json);
  if (error === "") return "unspecified error";
  return typeof error === "string" ? error : Buffer.from(json).toString();
}

/** The id as text, and as it was when it is no string. */
export function readId(json: Uint8Array | undefined): Pick<Frame, "id" | "wireId"> {
  if (json === undefined) return { id: "", wireId: undefined };
  const wireId = parseJson(json);
  if (typeof wireId === "string") return { id: wireId };
  return { id: wireId === null ? "" : Buffer.from(json).toString(), wireId };
}

/** A member that has to be there and to be a string. */
export function textMember(members: ReadonlyMap<string, Uint8Array>, name: string, where: string): string {
  const json = members.get(name);
  const value = json && parseJson(json);
  if (typeof value === "string") return value;
  throw new Error(`${where}: expected a string as ${name}, got ${json ? shortText(json) : "nothing"}`);
}

/** JSON for an error message. */
export function shortText(json: Uint8Array): string {
  return Buffer.from(json.subarray(0, 40)).toString();
}

/** Whether this is `null`. */
export function isNull(json: Uint8Array): boolean {
  return json.length === 4 && json[0] === 0x6e;
}
