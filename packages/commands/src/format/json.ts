import { Buffer } from "node:buffer";
import type { DebugHealth, DebugStats } from "@micro/core";
import { encodeRecord, jsonCodec, type ServiceRecord } from "@micro/core";
import type { NodeAnswer, ServiceAnswers } from "../nodes.ts";
import { indentJson } from "./go-json.ts";

/** Any plain data as JSON, indented with tabs; `bigint` as all its digits. */
export function dataJson(value: unknown): string {
  return indentJson(Buffer.from(plain.encode(value)).toString("utf8"));
}

/** Records as the registry writes them, one a version. */
export function recordsJson(records: readonly ServiceRecord[]): string {
  return indentJson(`[${records.map(encodeRecord).join(",")}]`);
}

/** `{"service", "versions": [{"version", "nodes": [{"id", "address", "status"}]}]}`; a node that failed has `error` in place of `status`. */
export function healthJson(answers: ServiceAnswers<DebugHealth>): string {
  return dataJson(answersData(answers, ({ status }) => ({ status })));
}

/** The same frame, with the numbers of `Debug.Stats` as they are: seconds, bytes and nanoseconds. */
export function statsJson(answers: ServiceAnswers<DebugStats>): string {
  return dataJson(answersData(answers, (numbers) => numbers));
}

const plain = jsonCodec().coder();

function answersData<T extends object>({ service, versions }: ServiceAnswers<T>, shown: (answer: T) => object): object {
  const nodeData = ({ node: { id, address }, answer, error }: NodeAnswer<T>): object => {
    return { id, address, ...(answer ? shown(answer) : { error: error?.toJSON() }) };
  };
  return { service, versions: versions.map(({ version, nodes }) => ({ version, nodes: nodes.map(nodeData) })) };
}
