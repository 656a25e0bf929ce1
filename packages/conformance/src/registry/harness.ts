import type { Registry } from "@micro/core";
import type { Patience } from "../patience.ts";

/** How to reach one registry backend, and what it honestly cannot do. */
export interface RegistryHarness extends Patience {
  /**
   * A registry on the backend, independent of those opened before as another process's would be. The cases close what
   * they open. Services left over from other cases do no harm: names are never used twice.
   */
  open(): Registry | Promise<Registry>;
  /** Lets this much time pass: turns the registry's test clock, or really waits. */
  elapse(ms: number): Promise<void>;
  /** The shortest time to live the backend keeps to, in milliseconds; undefined when records have none. */
  minTtlMs: number | undefined;
  /** Nodes stay while the registry that registered them is open, whether or not it renews them. @default false */
  renewsItself?: boolean;
  /**
   * Ends a registry as if its process had died, so that nothing is deregistered and nothing renewed. Its nodes must go
   * after their time to live. Undefined when the backend never notices.
   */
  crash?: (registry: Registry) => Promise<void>;
  /**
   * Cuts every registry off from the backend; the answer lets them reach it again. Undefined when there is no
   * connection to cut.
   */
  cutOff?: () => Promise<() => Promise<void>>;
  /** Endpoints come back as they were registered. @default true */
  keepsEndpoints?: boolean;
  /** The metadata of a service, beside that of its nodes, comes back as it was registered. @default true */
  keepsServiceMetadata?: boolean;
  /** `listServices` gives nodes and versions, not only names. @default true */
  listHasNodes?: boolean;
  /** A service may have nodes of several versions at once. @default true */
  keepsVersions?: boolean;
  /** Service names beyond plain ones that must work. @default names with slashes, spaces, percent signs, capitals and umlauts */
  oddNames?: readonly string[];
  /** How many nodes the case of many nodes registers. @default 500 */
  manyNodes?: number;
}
