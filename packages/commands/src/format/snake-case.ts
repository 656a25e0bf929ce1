/**
 * A name in camel case with its words joined by `_`: `userName` is `user_name`, `UserID` is `user_id`. How go-micro's tools
 * show the fields of a message, including what it does to `HTTPServer` (`https_erver`): scripts read the same from both.
 * Source: the function CamelToSnake of the Go package serenize/snaker, at the version that micro v2.9.3 uses.
 */
export function snakeCase(name: string): string {
  const words: string[] = [];
  let start = 0;
  for (let at = 1; at < name.length; at++) {
    if (!/\p{Lu}/u.test(name[at] ?? "")) continue;
    const initialism = initialismAt(name, start);
    if (initialism) {
      words.push(initialism);
      at += initialism.length - 1;
      start = at;
    } else {
      words.push(name.slice(start, at));
      start = at;
    }
  }
  if (start < name.length) words.push(name.slice(start));
  return words.map((word) => word.toLowerCase()).join("_");
}

/** The longest of the known abbreviations that stands there. */
function initialismAt(name: string, start: number): string | undefined {
  for (let length = 5; length > 1; length--) {
    const text = name.slice(start, start + length);
    if (text.length === length && initialisms.has(text)) return text;
  }
  return undefined;
}

const initialisms: ReadonlySet<string> = new Set(
  (
    "ACL API ASCII CPU CSS DNS EOF ETA GPU GUID HTML HTTP HTTPS ID IP JSON LHS OS QPS RAM RHS RPC SLA SMTP SQL SSH TCP " +
    "TLS TTL UDP UI UID UUID URI URL UTF8 VM XML XMPP XSRF XSS OAuth"
  ).split(" "),
);
