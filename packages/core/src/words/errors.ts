/** The fields of an error as go-micro writes them; empty ones are left out on the wire. */
export interface ErrorFields {
  id: string;
  code: number;
  detail: string;
  status: string;
}

/** One of the details of an error that gRPC carries beside its message: a message of a type that both sides know. */
export interface GrpcDetail {
  /** `type.googleapis.com/` and the name of the message. */
  readonly typeUrl: string;
  /** The message, encoded. */
  readonly value: Uint8Array;
}

/** How gRPC tells an error. */
export interface GrpcAnswer {
  /** `grpc-status`, 1 to 16; a foreign peer's may be any other number. */
  readonly status: number;
  /** Of `grpc-status-details-bin`, without go-micro's own. */
  readonly details: readonly GrpcDetail[];
}

export interface MicroErrorOptions {
  /** What went wrong underneath. Stays in this process. */
  cause?: unknown;
  /** True when the call surely did not reach a handler, so that trying again elsewhere is safe. @default false */
  unprocessed?: boolean;
  /** True when a peer answered with this error, so that the way to it works. @default false */
  answered?: boolean;
  /** How gRPC told it. @default undefined */
  grpc?: GrpcAnswer;
  /** The phrase that goes with the code. @default the HTTP reason phrase as Go spells it */
  status?: string;
}

/**
 * The one error that callers see. `code` is an HTTP status number for programs, `detail` a sentence for people,
 * `id` names who raised it, by convention the service.
 *
 * Its text is its JSON, as in go-micro, so that a peer which only keeps the text loses nothing.
 */
export class MicroError extends Error {
  override readonly name = "MicroError";
  readonly id: string;
  readonly code: number;
  readonly detail: string;
  readonly status: string;
  /** The call surely did not run; another attempt repeats nothing. */
  readonly unprocessed: boolean;
  /** A peer answered with it; the way to the peer works. */
  readonly answered: boolean;
  /**
   * The gRPC status that the error came with, where several have one `code`; undefined when it did not come by gRPC. What
   * a handler throws travels by its code, whatever stands here; to send a status throw a `GrpcStatus`.
   */
  readonly grpc: GrpcAnswer | undefined;

  constructor(id: string, code: number, detail: string, options: MicroErrorOptions = {}) {
    const status = options.status ?? reasonPhrase(code);
    super(
      formatError({ id, code, detail, status }),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.id = id;
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.unprocessed = options.unprocessed ?? false;
    this.answered = options.answered ?? false;
    this.grpc = options.grpc;
  }

  toJSON(): Partial<ErrorFields> {
    return presentFields(this);
  }

  /** Turns anything thrown into a MicroError: one as it is, the text of one parsed, anything else as 500 raised by `id`. */
  static from(reason: unknown, id: string): MicroError {
    if (reason instanceof MicroError) return reason;
    const text = reason instanceof Error ? reason.message : String(reason);
    const fields = parseError(text);
    if (fields.code > 0)
      return new MicroError(fields.id, fields.code, fields.detail, { cause: reason, status: fields.status });
    return new MicroError(id, 500, text, { cause: reason });
  }
}

export const badRequest = (id: string, detail: string): MicroError => new MicroError(id, 400, detail);
export const unauthorized = (id: string, detail: string): MicroError => new MicroError(id, 401, detail);
export const forbidden = (id: string, detail: string): MicroError => new MicroError(id, 403, detail);
export const notFound = (id: string, detail: string): MicroError => new MicroError(id, 404, detail);
export const methodNotAllowed = (id: string, detail: string): MicroError => new MicroError(id, 405, detail);
export const timeout = (id: string, detail: string): MicroError => new MicroError(id, 408, detail);
export const conflict = (id: string, detail: string): MicroError => new MicroError(id, 409, detail);
export const internalServerError = (id: string, detail: string): MicroError => new MicroError(id, 500, detail);
export const unavailable = (id: string, detail: string, options?: MicroErrorOptions): MicroError =>
  new MicroError(id, 503, detail, options);
/** The caller gave up. nginx's 499 stands for it, since HTTP has no number of its own. */
export const cancelled = (id: string, detail: string): MicroError => new MicroError(id, 499, detail);

/** The JSON of an error: keys in go-micro's order, empty ones left out, HTML-sensitive characters escaped as Go does. */
export function formatError(error: ErrorFields): string {
  return JSON.stringify(presentFields(error)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Reads the JSON of an error. Never fails: text that is not an error object, or one with a wrongly typed field,
 * comes back whole as `detail` with code 0. Keys match in any case and unknown ones are ignored, as Go's decoder does.
 */
export function parseError(text: string): ErrorFields {
  const fields: ErrorFields = { id: "", code: 0, detail: "", status: "" };
  const asDetail = { ...fields, detail: text };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return asDetail; // plain text is a valid input, not a failure
  }
  if (value === null) return fields;
  if (typeof value !== "object" || Array.isArray(value)) return asDetail;
  for (const [key, field] of Object.entries(value)) {
    const known = key.toLowerCase();
    if (field === null) continue;
    if (known === "code") {
      if (!Number.isInteger(field) || Math.abs(field) > 0x7fff_ffff) return asDetail;
      fields.code = field;
    } else if (known === "id" || known === "detail" || known === "status") {
      if (typeof field !== "string") return asDetail;
      fields[known] = field;
    }
  }
  return fields;
}

function presentFields({ id, code, detail, status }: ErrorFields): Partial<ErrorFields> {
  return { ...(id && { id }), ...(code && { code }), ...(detail && { detail }), ...(status && { status }) };
}

/** The reason phrase of an HTTP status code as Go spells it; empty for a code that Go does not know. */
export function reasonPhrase(code: number): string {
  return phrases[code] ?? "";
}

// Source: Go 1.14 net/http/status.go. Node's table differs in 413, 414, 416, 418 and 509.
const phrases: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  208: "Already Reported",
  226: "IM Used",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  305: "Use Proxy",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  414: "Request URI Too Long",
  415: "Unsupported Media Type",
  416: "Requested Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a teapot",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates",
  507: "Insufficient Storage",
  508: "Loop Detected",
  510: "Not Extended",
  511: "Network Authentication Required",
};
