import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";

/** One `key=value`; `value` is undefined when there was no `=`. */
export type Pair = readonly [key: string, value: string | undefined];

/** How many pairs a query or a form may have. */
export const maxPairs = 1_000;

/**
 * The pairs of a query or a form, decoded, in their order; empty ones are passed over. Only the first `=` divides.
 * Throws 400 for broken percent-encoding, for bytes that are not UTF-8, and beyond `maxPairs`.
 */
export function urlEncodedPairs(text: string, what: "query" | "form"): Pair[] {
  const pairs: Pair[] = [];
  if (text === "") return pairs;
  for (const part of text.split("&")) {
    if (part === "") continue;
    if (pairs.length === maxPairs) throw badRequest(gatewayId, `${what} has more than ${maxPairs} values`);
    const equals = part.indexOf("=");
    if (equals < 0) pairs.push([decode(part, what), undefined]);
    else pairs.push([decode(part.slice(0, equals), what), decode(part.slice(equals + 1), what)]);
  }
  return pairs;
}

function decode(text: string, what: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!text.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw badRequest(gatewayId, `${what} is not percent-encoded UTF-8 at ${JSON.stringify(text)}`);
  }
}
