import { ConfigError } from "@micro/core";

/**
 * Whether a name is one of those listed: whole names, or beginnings such as `go.micro.srv.*`; `*` is any. Throws a `ConfigError`
 * for an entry that is neither.
 */
export function namePatterns(what: string, patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set<string>();
  const beginnings: string[] = [];
  for (const pattern of patterns) {
    if (!/^(?:[\w.:-]+|(?:[\w.:-]+\.)?\*)$/.test(pattern))
      throw new ConfigError(
        `${what} is ${JSON.stringify(pattern)}; expected a name, or a beginning such as go.micro.srv.*`,
      );
    if (pattern.endsWith("*")) beginnings.push(pattern.slice(0, -1));
    else exact.add(pattern);
  }
  return (name) => exact.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}
