import type { Account } from "./account.ts";

/** Tokens that were found to be good a short while ago. */
export interface KnownTokens {
  /** Whose token it is; undefined when it has to be checked. */
  accountOf(token: string, now: number): Account | undefined;
  /** Remembers one that ends at `endsMs`. */
  add(token: string, account: Account, endsMs: number, now: number): void;
}

// A key that its issuer withdraws counts for not longer than that.
const rememberedMs = 60_000;
const maxTokens = 5_000;
const maxLength = 4_096;

/** Checking a signature costs more than all else that is done with a small request; the same token comes again and again. */
export function knownTokens(): KnownTokens {
  const known = new Map<string, { account: Account; until: number }>();
  return {
    accountOf(token, now) {
      const found = known.get(token);
      if (!found) return undefined;
      if (now < found.until) return found.account;
      known.delete(token);
      return undefined;
    },
    add(token, account, endsMs, now) {
      if (token.length > maxLength) return;
      // The first in a Map is the one that was put there first.
      if (known.size >= maxTokens) for (const [oldest] of known) if (known.delete(oldest)) break;
      known.set(token, { account, until: Math.min(endsMs, now + rememberedMs) });
    },
  };
}
