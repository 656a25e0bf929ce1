import { badRequest } from "@micro/core";
import { commandsId } from "./services.ts";

/**
 * A JSON text as a person gave it, in one argument or, as go-micro's tools take it, split at its blanks. It is checked and
 * handed on as it was written, so that all digits of big numbers, the order of keys and everything else reach the other side.
 *
 * Without arguments it is `{}`. Throws 400 when it is no JSON, or with `object` when it is not an object.
 */
export function jsonArgument(args: readonly string[], { object = false }: { object?: boolean } = {}): string {
  const text = args.join(" ").trim();
  if (text === "") return "{}";
  const value = parse(text);
  if (object && (typeof value !== "object" || value === null || Array.isArray(value)))
    throw badRequest(commandsId, `the request is ${shown(text)}; expected a JSON object such as {"name":"Ann"}`);
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : String(reason);
    throw badRequest(
      commandsId,
      `${shown(text)} is no JSON: ${why}; expected such as {"name":"Ann"}, in single quotes for the shell`,
    );
  }
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
