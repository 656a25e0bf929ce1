import { MicroError, parseError } from "../words/errors.ts";

/** The error that a peer's text tells: error JSON of go-micro, or plain words. */
export function fromErrorText(text: string): MicroError {
  const { id, code, detail, status } = parseError(text);
  if (code > 0) return new MicroError(id, code, detail, { status, answered: true });
  return new MicroError("go.micro.client", plainCode(text), text, { answered: true });
}

// What go-micro's server says in plain words.
// Source: go-micro v2.9.1 `server/rpc_router.go`.
function plainCode(text: string): number {
  if (/^rpc: can't find (service|method) /.test(text)) return 404;
  // What a handler of Go gives whose context was over; it may be told before the caller's own clock tells the same.
  if (text === "context deadline exceeded") return 408;
  if (/^rpc: (service\/endpoint request ill-formed|router cannot decode request): /.test(text)) return 400;
  return 500;
}
