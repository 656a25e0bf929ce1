import { dnsSelector } from "../selector/dns-selector.ts";
import { leastLoaded } from "../selector/least-loaded.ts";
import { powerOfTwoChoices } from "../selector/power-of-two-choices.ts";
import { random } from "../selector/random.ts";
import { roundRobin } from "../selector/round-robin.ts";
import type { Selector, Strategy } from "../selector/selector.ts";
import { staticSelector } from "../selector/static-selector.ts";
import { weighted } from "../selector/weighted.ts";
import { ConfigError } from "../words/plugin.ts";
import type { SelectorParts } from "./calling.ts";

/** What `--selector` chose. */
export interface ChosenSelector {
  /** Undefined where the word says nothing of the order. */
  readonly strategy?: Strategy;
  /** Undefined where the word says nothing of where nodes are found. */
  readonly make?: (parts: SelectorParts) => Selector;
}

// go-micro's words say where nodes are found; those for the order are our own.
const words: Readonly<Record<string, ChosenSelector>> = {
  registry: {},
  default: {},
  cache: {},
  roundrobin: { strategy: roundRobin },
  random: { strategy: random },
  leastloaded: { strategy: leastLoaded },
  p2c: { strategy: powerOfTwoChoices },
  weighted: { strategy: weighted },
  dns: { make: ({ registry: _, ...parts }) => dnsSelector(parts) },
  static: { make: ({ registry: _, ...parts }) => staticSelector(parts) },
};

/** What a word of `--selector` means. Throws a `ConfigError` for an unknown one. */
export function chosenSelector(word = "registry"): ChosenSelector {
  const chosen = Object.hasOwn(words, word) ? words[word] : undefined;
  if (chosen) return chosen;
  throw new ConfigError(`--selector: "${word}" is not known here; known are ${Object.keys(words).join(", ")}`);
}
