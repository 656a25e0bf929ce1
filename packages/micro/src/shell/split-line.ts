/**
 * A line as words. They are parted by blanks; `'…'` and `"…"` keep blanks in a word. From a word on that begins with `{` or
 * `[` the rest of the line is one word as it stands: JSON is typed bare.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const blanks = /^\s+/.exec(line.slice(at));
    if (blanks) {
      at += blanks[0].length;
      continue;
    }
    const rest = line.slice(at);
    if (/^[{[]/.test(rest)) return [...words, rest.trimEnd()];
    const [word] = /^(?:'[^']*'?|"(?:[^"\\]|\\.)*"?|[^\s'"])+/s.exec(rest) ?? [rest];
    words.push(unquoted(word));
    at += word.length;
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'?|"((?:[^"\\]|\\.)*)"?/gs, (_, single?: string, double?: string) => {
    return single ?? (double ?? "").replace(/\\(["\\])/g, "$1");
  });
}
