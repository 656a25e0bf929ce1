/** A value does not fit its field, or has none. The path grows outwards while the error passes the messages around the field. */
export class Mismatch extends Error {
  path: string;
  readonly expected: string;

  constructor(path: string, expected: string) {
    super(expected);
    this.path = path;
    this.expected = expected;
  }

  within(segment: string): this {
    this.path = this.path === "" ? segment : `${segment}.${this.path}`;
    return this;
  }
}

/** What to throw when `value` is not what the field `key` takes. */
export function mismatch(key: string, expected: string, value: unknown): Mismatch {
  return new Mismatch(key, `expected ${expected}, got ${display(value)}`);
}

/** What to throw when a message has no field of this name. */
export function unknownField(name: string): Mismatch {
  return new Mismatch("", `unknown field ${display(name)}`);
}

/** Puts `segment` in front of the path of a mismatch, and leaves other errors alone. */
export function within(reason: unknown, segment: string): unknown {
  return reason instanceof Mismatch ? reason.within(segment) : reason;
}

/** Turns the path `list.x` into `list[2].x`. */
export function indexed(reason: unknown, key: string, index: number | string): unknown {
  if (reason instanceof Mismatch) reason.path = `${key}[${index}]${reason.path.slice(key.length)}`;
  return reason;
}

/** The error that the caller sees. */
export function mismatchError(reason: unknown, message: string): unknown {
  if (!(reason instanceof Mismatch)) return reason;
  return new TypeError(`${message}${reason.path === "" ? "" : `.${reason.path}`}: ${reason.expected}`);
}

/** A value in an error message: short, and of one line. */
export function display(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
