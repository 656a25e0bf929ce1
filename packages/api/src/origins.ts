import { ConfigError } from "@micro/core";

/** Which web pages are meant. */
export interface Origins {
  readonly any: boolean;
  allow(origin: string): boolean;
}

/**
 * Origins as browsers send them: `https://shop.example`, `http://localhost:3000`; `https://*.example.com` is all names below;
 * `*` is any. Throws a `ConfigError` for anything else.
 */
export function originList(origins: readonly string[]): Origins {
  const exact = new Set<string>();
  const below: { readonly start: string; readonly end: string }[] = [];
  let any = false;
  for (const origin of origins) {
    if (origin === "*") any = true;
    else if (!/^[a-z][a-z\d+.-]*:\/\/(?:\*\.)?[\w.[\]:-]+$/i.test(origin))
      throw new ConfigError(
        `CORS origin is ${JSON.stringify(origin)}; expected such as https://shop.example, https://*.example.com or *`,
      );
    else if (origin.includes("://*.")) {
      const [start = "", end = ""] = origin.toLowerCase().split("*");
      below.push({ start, end });
    } else exact.add(origin.toLowerCase());
  }
  return {
    any,
    allow(origin) {
      const name = origin.toLowerCase();
      return any || exact.has(name) || below.some(({ start, end }) => isBelow(name, start, end));
    },
  };
}

function isBelow(name: string, start: string, end: string): boolean {
  if (!name.startsWith(start) || !name.endsWith(end)) return false;
  return /^[\w-]+(?:\.[\w-]+)*$/.test(name.slice(start.length, name.length - end.length));
}
