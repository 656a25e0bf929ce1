/** The bytes that a quoted string of a .proto file stands for. */
export function stringBytes(quoted: string): Buffer {
  const parts: Buffer[] = [];
  const body = quoted.slice(1, -1);
  const piece = /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))|[^\\]+/g;
  for (const [whole, octal, hex, short, long, simple] of body.matchAll(piece)) {
    const code = short ?? long;
    if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (code !== undefined) parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(code, 16))));
    else if (simple !== undefined) parts.push(Buffer.from(simpleEscapes[simple] ?? simple));
    else parts.push(Buffer.from(whole));
  }
  return Buffer.concat(parts);
}

/** What strings in a row, which are one string, say together. */
export function stringsText(tokens: readonly { readonly text: string }[]): string {
  return Buffer.concat(tokens.map(({ text }) => stringBytes(text))).toString();
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Bytes as the text of a `default_value`: what is not printable ASCII is escaped as in C. */
export function escapeBytes(bytes: Uint8Array): string {
  const named: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\" };
  return Array.from(bytes, (byte) => {
    if (named[byte] !== undefined) return named[byte];
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}

/** A number as C's `%.15g` writes it, or `%.17g` where that would lose digits: the form of a `default_value`. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value).toLowerCase().replace("infinity", "inf");
  const digits = Number(value.toPrecision(15)) === value ? 15 : 17;
  const [mantissa = "", power = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  const short = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < digits) return short(value.toFixed(Math.max(0, digits - 1 - exponent)));
  const sign = exponent < 0 ? "-" : "+";
  return `${short(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** The shortest text that gives the same 32-bit number; compilers differ in how many digits they write. */
export function formatFloat(value: number): string {
  const float = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return formatDouble(short);
  }
  return formatDouble(Number(float.toPrecision(9)));
}
