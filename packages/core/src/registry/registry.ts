import type { Closeable } from "../words/lifecycle.ts";

/** One running copy of a service. */
export interface Node {
  /** Unique among all nodes; opaque to readers. By convention the service's name, `-`, a UUID. */
  readonly id: string;
  /** `host:port`, `[v6]:port`, or for transports without ports a bare string. */
  readonly address: string;
  /** go-micro's keys: `protocol`, `server`, `transport`, `broker`, `registry`; and the user's. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The shape of a message as the registry shows it to people; not used by calls. */
export interface Value {
  readonly name: string;
  readonly type: string;
  readonly values: readonly Value[];
}

/** One callable method, or one subscription, of a service. */
export interface Endpoint {
  readonly name: string;
  readonly request: Value | undefined;
  readonly response: Value | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a registry keeps about one version of a service. */
export interface ServiceRecord {
  readonly name: string;
  readonly version: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly Endpoint[];
  readonly nodes: readonly Node[];
}

export interface RegisterOptions {
  /**
   * How long the record lives unless it is registered again, in milliseconds; without it the record stays until it
   * is removed. Registries that count seconds round up.
   */
  ttlMs?: number;
}

export interface WatchOptions {
  /** Only this service; without it, all. */
  service?: string;
  /** Ends the watch, which then finishes without an error. */
  signal?: AbortSignal;
  /**
   * Told `false` when the watch has lost touch with the registry, so that what it yielded may be out of date, and
   * `true` when it is in touch again. A registry that cannot lose touch, such as one in this process, never calls it.
   */
  onContact?: (inTouch: boolean) => void;
}

/**
 * What happened. `sync` replaces everything the reader knew (within what it watches); the others name one record
 * holding just the node concerned.
 */
export type RegistryEvent =
  | { readonly type: "sync"; readonly records: readonly ServiceRecord[] }
  | { readonly type: "create" | "update" | "delete"; readonly record: ServiceRecord };

/** Finds services by name. A factory does no I/O: the first use connects. After `close` every method rejects. */
export interface Registry extends Closeable {
  /** The word of `--registry`, and of node metadata `registry`. */
  readonly name: string;
  /**
   * Adds the record's nodes, or renews them; safe to repeat. Resolves when the record is stored. A registry whose
   * records can be lost behind its back (a lease that ran out, a server that forgot) puts them back by itself until
   * `deregister`.
   */
  register(record: ServiceRecord, options?: RegisterOptions): Promise<void>;
  /** Removes the record's nodes. Removing what is not there is no error. */
  deregister(record: ServiceRecord): Promise<void>;
  /** One record a version, with all nodes of that version; empty when nobody offers the service. */
  getService(name: string): Promise<readonly ServiceRecord[]>;
  /** One record a name and version, ordered by name. Registries that keep only names give records without nodes. */
  listServices(): Promise<readonly ServiceRecord[]>;
  /**
   * Yields one `sync` event with all present records, then an event a change; after any gap (reconnect, compaction)
   * `sync` again. Faults of the connection do not end it: it reconnects with back-off until the signal or `close`
   * ends it. Each call is a watch of its own.
   */
  watch(options?: WatchOptions): AsyncIterable<RegistryEvent>;
}
