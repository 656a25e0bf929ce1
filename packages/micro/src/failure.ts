import { ConfigError, MicroError } from "@micro/core";
import { CommandFailure } from "./command.ts";

/** What a person is told of a failure, on one line; undefined for what should not have happened. */
export function lineOf(reason: unknown): string | undefined {
  // Scripts know the sentences of go-micro's tools, which begin with no name.
  if (reason instanceof CommandFailure) return reason.message;
  if (reason instanceof MicroError) return `micro: ${reason.detail}`;
  return reason instanceof ConfigError ? `micro: ${reason.message}` : undefined;
}
