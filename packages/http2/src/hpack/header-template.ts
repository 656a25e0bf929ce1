import type { Fields } from "../header-list.ts";
import { fieldBytes } from "./dynamic-table.ts";

/**
 * Header fields that go out again and again, such as those of all calls of one endpoint. Make it once and keep it:
 * each connection encodes it once, after which it costs about a byte a field.
 */
export class HeaderTemplate {
  /** Name, value, name, value, … */
  readonly fields: Fields;
  /** For each field, true when it must not be put into the peer's table. */
  readonly secret: readonly boolean[];
  /** Bytes that the encoded fields take at most. */
  readonly bytes: number;

  /** Throws a TypeError for a field that HTTP/2 cannot carry. Names in `secret` are never put into a table. */
  constructor(fields: Fields, secret: readonly string[] = []) {
    checkFields(fields);
    let bytes = 0;
    const secrets: boolean[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i] ?? "";
      const value = fields[i + 1] ?? "";
      bytes += fieldBytes(name, value);
      secrets.push(secret.includes(name));
    }
    this.fields = [...fields];
    this.secret = secrets;
    this.bytes = bytes;
  }
}

/**
 * Throws a TypeError unless HTTP/2 can carry the fields: names of lower-case token characters, perhaps after a colon,
 * and values of single-byte characters without NUL, CR and LF. Anything else could smuggle a field into HTTP/1 behind
 * a gateway.
 */
export function checkFields(fields: Fields): void {
  if (fields.length % 2 !== 0) throw new TypeError("header fields must be name, value, name, value, …");
  for (let i = 0; i + 1 < fields.length; i += 2) checkField(fields[i] ?? "", fields[i + 1] ?? "");
}

function checkField(name: string, value: string): void {
  if (!isFieldName(name, name.charCodeAt(0) === 0x3a ? 1 : 0))
    throw new TypeError(
      `header name ${JSON.stringify(name)} is not made of lower-case letters, digits and -_.!#$%&'*+^\`|~`,
    );
  for (let i = 0; i < value.length; i++) {
    const char = value.charCodeAt(i);
    if (char <= 0x0d ? char === 0 || char === 0x0a || char === 0x0d : char > 0xff)
      throw new TypeError(
        `header ${name} has the character U+${char.toString(16).padStart(4, "0")}; encode values beyond latin1 first`,
      );
  }
}

/** True when the characters of `name` from `from` on are a field name: a non-empty token in lower case. */
export function isFieldName(name: string, from: number): boolean {
  if (name.length <= from) return false;
  for (let i = from; i < name.length; i++) {
    const char = name.charCodeAt(i);
    if (char >= 0x61 && char <= 0x7a) continue;
    if (char === 0x2d || (char >= 0x30 && char <= 0x39)) continue;
    if (!otherTokenChars.includes(name[i] ?? " ")) return false;
  }
  return true;
}

// Source: RFC 9110 §5.6.2, without letters, digits and the dash.
const otherTokenChars = "_.!#$%&'*+^`|~";
