/**
 * A JSON text indented with tabs, byte for byte as Go's `json.Indent` does it: a member or element a line, `{}` and `[]` when
 * empty. Digits, escapes and the order of keys stay as they are. Text that is no JSON comes out as some text, never an error.
 */
export function indentJson(text: string): string {
  let result = "";
  let depth = 0;
  // A bracket that opens is followed by a line only when something is in it.
  let opened = false;
  for (const [token] of text.matchAll(tokens)) {
    const closing = token === "}" || token === "]";
    if (closing) depth--;
    if (opened !== closing && (opened || closing)) result += line(depth);
    opened = token === "{" || token === "[";
    if (opened) depth++;
    result += token === ":" ? ": " : token;
    if (token === ",") result += line(depth);
  }
  return result;
}

// A string, a mark, or what stands between marks: a number or a word.
const tokens = /"(?:[^"\\]|\\.)*"?|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

function line(depth: number): string {
  return `\n${"\t".repeat(Math.max(0, depth))}`;
}
