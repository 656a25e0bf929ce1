import { getDomain } from "tldts";

// Alone in its file, which is loaded when it is wanted: the list is large, and most gateways never ask it.

/**
 * The domain that somebody registered, by the public-suffix list: that of registries, and that of companies which give out names below
 * their own; go-micro asks both.
 */
export function registrableDomain(name: string): string | null {
  return getDomain(name, { allowPrivateDomains: true, extractHostname: false, validateHostname: false });
}
