import { isIP } from "node:net";
import { badRequest } from "@micro/core";
import { gatewayId } from "./gateway-id.ts";

/** The domain that somebody registered and that `name` is or stands below: `myapp.com` of `staging.myapp.com`; null for a public suffix. */
export type RegistrableDomain = (name: string) => string | null;

/** Loads the public-suffix list. */
export async function loadPublicSuffixes(): Promise<RegistrableDomain> {
  const { registrableDomain } = await import("./public-suffixes.ts");
  return registrableDomain;
}

/**
 * The namespace that the name of a host stands for: what stands left of its registrable domain, the last label first.
 * `staging.myapp.com` is `staging`, `eu.staging.myapp.com` is `staging.eu`. Undefined where there is nothing to its left, for addresses,
 * for `localhost`, and below `micro.mu`.
 *
 * `name` comes without port and in lower case. Throws 400 when it is no host's.
 */
export function hostNamespace(name: string, registrable: RegistrableDomain): string | undefined {
  if (name === "" || name === "localhost" || isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0) return undefined;
  if (name.length > 253 || !hostName.test(name))
    throw badRequest(
      gatewayId,
      `Host ${JSON.stringify(name)} is no host's name; its labels say which services are meant`,
    );
  const domain = registrable(name);
  if (domain === null || domain === name || domain === "micro.mu") return undefined;
  return name
    .slice(0, -domain.length - 1)
    .split(".")
    .reverse()
    .join(".");
}

const hostName = /^[\w-]+(?:\.[\w-]+)*$/;
