import { MicroError } from "../words/errors.ts";

/** What a caller is told whose deadline passed before the handler was done, if it still listens. */
export function deadlinePassed(endpoint: string): MicroError {
  return new MicroError("go.micro.server", 408, `deadline exceeded at ${endpoint}`);
}
