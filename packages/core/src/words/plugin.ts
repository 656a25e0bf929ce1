import type { Logger } from "./logger.ts";

/** What a plugin is opened with; from flags, environment and the program's own options. */
export interface OpenOptions {
  /** From `--<kind>_address`, split at commas. Empty when none was given. */
  readonly addresses: readonly string[];
  readonly logger: Logger;
}

/**
 * An implementation that a program brings along: `--registry=etcd` chooses the plugin `{ kind: "registry", name: "etcd" }`.
 * Heavy libraries load inside `open`, so that a plugin which is listed but not chosen costs nothing.
 */
export interface Plugin<Kind extends string = string, Part = unknown> {
  readonly kind: Kind;
  readonly name: string;
  /** Throws a `ConfigError` when an address is malformed; does no I/O. */
  open(options: OpenOptions): Part | Promise<Part>;
}

/** A mistake in flags, environment or options: one clear line for the person who started the program, exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
