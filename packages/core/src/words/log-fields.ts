/** Fields as they are written: secrets blanked, errors spelled out; none has a key that a line has by itself. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Makes plain fields of an error: its type, message and stack, and what else it carries. */
export type ErrorSerializer = (error: Error) => object;

const redacted = "[redacted]";
const secretKey = /(?:authorization|password|passwd|pwd|token|secret|cookies?)$/i;
const ownKeys: ReadonlySet<string> = new Set(["time", "level", "file", "msg"]);

/**
 * Makes the fields of a line from what the caller gave. Values under keys that end in a word for a secret are blanked,
 * here and one object deeper, where headers are. An error given as the fields becomes the field `err`.
 */
export function logFields(given: object, serializeError: ErrorSerializer): LogFields {
  if (given instanceof Error) return { err: spellOut(given, serializeError) };
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = ownKeys.has(key) ? `${key}_` : key;
    fields[name] = secretKey.test(key) ? redacted : withoutSecrets(value, serializeError);
  }
  return fields;
}

function withoutSecrets(value: unknown, serializeError: ErrorSerializer): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return spellOut(value, serializeError);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  if (!entries.some(([key]) => secretKey.test(key))) return value;
  return Object.fromEntries(entries.map(([key, inner]) => [key, secretKey.test(key) ? redacted : inner]));
}

/** An error as plain fields: type, message, stack (each with those of its causes), then what else it carries. */
export interface SpelledError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

const spelled = new WeakSet<object>();

/** Whether `value` is an error that `logFields` has spelled out. */
export function isSpelledError(value: unknown): value is SpelledError {
  return typeof value === "object" && value !== null && spelled.has(value);
}

function spellOut(error: Error, serializeError: ErrorSerializer): object {
  const plain = Object.fromEntries(
    Object.entries(serializeError(error)).map(([key, value]) => [key, secretKey.test(key) ? redacted : value]),
  );
  spelled.add(plain);
  return plain;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
