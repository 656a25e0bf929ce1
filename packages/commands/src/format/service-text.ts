import type { Endpoint, ServiceRecord, Value } from "@micro/core";
import { metadataText } from "./metadata-text.ts";
import { snakeCase } from "./snake-case.ts";

/**
 * The records of one service as `micro get service` shows them, byte for byte, without the newline behind the text. Nodes
 * stand in the registry's order; metadata is in the order of its keys, which go-micro leaves to chance. Endpoints are the first record's.
 */
export function serviceText(records: readonly ServiceRecord[]): string {
  const [first] = records;
  if (!first) return "";
  const lines = [`service  ${first.name}`];
  for (const { version, nodes } of records) {
    if (version !== "") lines.push(`\nversion ${version}`);
    lines.push("\nID\tAddress\tMetadata");
    for (const { id, address, metadata } of nodes) lines.push(`${id}\t${address}\t${metadataText(metadata)}`);
  }
  for (const endpoint of first.endpoints) lines.push(...endpointLines(endpoint));
  return lines.join("\n");
}

function endpointLines({ name, metadata, request, response }: Endpoint): string[] {
  const shown = metadataText(metadata);
  return [
    `\nEndpoint: ${name}\n`,
    ...(shown === "" ? [] : [`Metadata: ${shown}\n`]),
    `Request: ${messageText(request)}\n\nResponse: ${messageText(response)}\n`,
  ];
}

function messageText(value: Value | undefined): string {
  if (!value || value.values.length === 0) return "{}";
  return `{\n${value.values.map((field) => fieldText(field, 1)).join("")}}`;
}

function fieldText({ name, type, values }: Value, depth: number): string {
  const indent = "\t".repeat(depth);
  const head = `${indent}${snakeCase(name)} ${type}`;
  if (values.length === 0) return `${head}\n`;
  return `${head} {\n${values.map((field) => fieldText(field, depth + 1)).join("")}${indent}}\n`;
}
