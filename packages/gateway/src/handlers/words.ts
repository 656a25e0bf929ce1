import { ConfigError } from "@micro/core";

/** What an endpoint may declare as its `handler`, and `--handler` may fix for all. */
export const handlerWords = ["rpc", "api", "event", "http", "proxy", "web"] as const;
export type HandlerWord = (typeof handlerWords)[number];

/** The words of `--handler`. `meta` takes what an endpoint declares or shows to want, and `rpc` where it does neither. */
export const handlerNames = ["meta", "rpc", "api", "event", "http", "proxy", "web"] as const;
export type HandlerName = (typeof handlerNames)[number];

/** Whether an endpoint may declare that word. */
export function isHandlerWord(word: string): word is HandlerWord {
  return (handlerWords as readonly string[]).includes(word);
}

/** Handlers that pass HTTP on as it is, so that the endpoint has no name of its own. */
export function passesHttpOn(handler: HandlerName): boolean {
  return handler === "http" || handler === "proxy" || handler === "web";
}

/** Throws a `ConfigError` for a word that is none of the known ones, which it lists. */
export function requireWord<Word extends string>(what: string, word: string, known: readonly Word[]): Word {
  const found = known.find((each) => each === word);
  if (found !== undefined) return found;
  const all = known.join(", ").replace(/, ([\w-]+)$/, " or $1");
  throw new ConfigError(`${what} is ${JSON.stringify(word)}; expected ${all}`);
}
