/** A header's name as Go writes it on the wire: `micro-from-service` is `Micro-From-Service`. */
export function canonicalName(name: string): string {
  const known = canonical.get(name);
  if (known !== undefined) return known;
  const made = name.toLowerCase().replace(/(^|-)([a-z])/g, (_match, before: string, letter: string) => {
    return before + letter.toUpperCase();
  });
  // Peers choose the names that are handed on, so the memory for them has a bound.
  if (canonical.size < maxRemembered) canonical.set(name, made);
  return made;
}

/** Whether a text can be a header's name. */
export function isHeaderName(name: string): boolean {
  return canonical.has(name) || token.test(name);
}

const maxRemembered = 500;
const canonical = new Map<string, string>();

/** RFC 9110, section 5.6.2. */
export const token: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
