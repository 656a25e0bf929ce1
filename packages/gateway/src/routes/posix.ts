/**
 * A POSIX extended expression, as go-micro's routes write them, as a JavaScript one. Throws an `Error` that says what is
 * wrong with it.
 *
 * Refused besides mistakes: the escapes and groups of Perl, which Go's POSIX expressions do not have either, and a
 * repeated group that repeats or chooses inside: where Go takes time in proportion to the path, JavaScript would take ages.
 */
export function posixExpression(text: string): RegExp {
  let source = "";
  let at = 0;
  // For each open group whether something inside can match in more than one way.
  const groups: { ambiguous: boolean }[] = [{ ambiguous: false }];
  // What a quantifier would repeat.
  let atom: "none" | "plain" | "ambiguous group" | "quantified" = "none";

  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "\\") {
      const next = text.charAt(at + 1);
      if (next === "" || /[A-Za-z\d]/.test(next)) throw wrong(text, `\\${next} is no POSIX escape`);
      source += `\\${next}`;
      at += 2;
      atom = "plain";
    } else if (char === "[") {
      const [set, end] = readSet(text, at);
      source += set;
      at = end;
      atom = "plain";
    } else if (char === "(") {
      if (text.charAt(at + 1) === "?") throw wrong(text, "(? is no POSIX group");
      groups.push({ ambiguous: false });
      source += "(?:";
      at++;
      atom = "none";
    } else if (char === ")") {
      const group = groups.pop();
      const outer = groups.at(-1);
      if (!group || !outer) throw wrong(text, "there is no group to close");
      outer.ambiguous ||= group.ambiguous;
      source += ")";
      at++;
      atom = group.ambiguous ? "ambiguous group" : "plain";
    } else if (char === "|") {
      for (const group of groups) group.ambiguous = true;
      source += "|";
      at++;
      atom = "none";
    } else if (/[*+?{]/.test(char)) {
      const quantifier = /^(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})/.exec(text.slice(at))?.[0];
      if (quantifier === undefined) throw wrong(text, "{ begins no repetition");
      if (atom === "none" || atom === "quantified") throw wrong(text, `${quantifier} repeats nothing`);
      if (quantifier !== "?" && atom === "ambiguous group")
        throw wrong(text, "a repeated group repeats or chooses inside, which could take very long to match");
      const group = groups.at(-1);
      if (group && !/^\{\d+\}$/.test(quantifier)) group.ambiguous = true;
      source += quantifier;
      at += quantifier.length;
      atom = "quantified";
    } else {
      source += char === "^" || char === "$" || char === "." ? char : escaped(char);
      at++;
      atom = char === "^" || char === "$" ? "none" : "plain";
    }
  }
  if (groups.length > 1) throw wrong(text, "a group is not closed");
  return new RegExp(source, "s");
}

/** Characters between the `^` and the first that has a meaning; infinitely many when that is the `$` at the end. */
export function literalStart(text: string): number {
  const length = text.slice(1).search(/[\\^$.*+?()[\]{}|]/);
  return length === text.length - 2 ? Number.POSITIVE_INFINITY : length;
}

/** A bracket expression, and where it ends. */
function readSet(text: string, open: number): [source: string, end: number] {
  let at = open + 1;
  let source = "[";
  if (text.charAt(at) === "^") {
    source += "^";
    at++;
  }
  for (let first = true; ; first = false) {
    const char = text.charAt(at);
    if (char === "") throw wrong(text, "a [ is not closed");
    if (char === "]" && !first) return [`${source}]`, at + 1];
    const named = /^\[:(\w+):\]/.exec(text.slice(at));
    if (named) {
      const known = classes[named[1] ?? ""];
      if (known === undefined) throw wrong(text, `${named[0]} is no class of characters`);
      source += known;
      at += named[0].length;
    } else if (char === "\\") {
      const next = text.charAt(at + 1);
      if (next === "" || /[A-Za-z\d]/.test(next)) throw wrong(text, `\\${next} is no POSIX escape`);
      source += `\\${next}`;
      at += 2;
    } else {
      source += char === "-" && /^-[^\]]/.test(text.slice(at)) && !first ? "-" : escaped(char);
      at++;
    }
  }
}

const classes: Readonly<Record<string, string>> = {
  alnum: "a-zA-Z\\d",
  alpha: "a-zA-Z",
  blank: " \\t",
  digit: "\\d",
  lower: "a-z",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "\\da-fA-F",
};

function escaped(char: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}

function wrong(expression: string, why: string): Error {
  return new Error(`path ${expression} is no POSIX expression: ${why}`);
}
