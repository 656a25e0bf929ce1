import { type Flag, type FlagValues, serviceFlags } from "@micro/core";

type ServiceFlag = (typeof serviceFlags)[number];
type Heeded = Extract<
  ServiceFlag,
  {
    name:
      | "registry"
      | "registry_address"
      | "client_request_timeout"
      | "client_retries"
      | "broker"
      | "broker_address"
      | "broker_dialect"
      | "log_level";
  }
>;

const heeded: readonly string[] = [
  "registry",
  "registry_address",
  "client_request_timeout",
  "client_retries",
  "broker",
  "broker_address",
  "broker_dialect",
  "log_level",
] satisfies Heeded["name"][];

function isHeeded(flag: ServiceFlag): flag is Heeded {
  return heeded.includes(flag.name);
}

/**
 * The flags of a service that mean something to a command which only asks services. Where a service logs from `info` on,
 * such a command says what is wrong and no more.
 */
export const sessionFlags: readonly Heeded[] = serviceFlags
  .filter(isHeeded)
  .map((flag) => (flag.name === "log_level" ? ({ ...flag, default: "warn" } as unknown as Heeded) : flag));

/**
 * The rest of them, which go-micro's tools take too. They say what a service is to be, so a command that starts none takes
 * them from the command line with a warning, and says nothing of those that stand in the environment for services.
 */
export const otherServiceFlags: readonly Flag[] = serviceFlags
  .filter((flag) => !isHeeded(flag))
  .map(({ name, type, help }) => ({ name, type, help, ignored: true }));

/** What flags and environment say of them. */
export type SessionValues = FlagValues<typeof sessionFlags>;
