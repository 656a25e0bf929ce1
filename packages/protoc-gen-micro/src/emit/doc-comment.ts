/** A JSDoc block of the given lines, indented; nothing when there are none. */
export function docComment(lines: readonly string[], indent = ""): string[] {
  // The end mark inside of a comment would end it; TypeScript shows the escape as it was meant.
  const safe = lines.map((line) => line.replaceAll("*/", "*\\/"));
  if (safe.length === 0) return [];
  if (safe.length === 1) return [`${indent}/** ${safe[0]} */`];
  return [`${indent}/**`, ...safe.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}
