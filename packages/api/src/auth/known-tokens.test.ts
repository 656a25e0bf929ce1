import { expect, test } from "vitest";
import { knownTokens } from "./known-tokens.ts";

const account = { id: "ann", issuer: "i", scopes: [] };

test("a token is known for a minute, or until it ends", () => {
  const tokens = knownTokens();
  tokens.add("long", account, 3_600_000, 0);
  tokens.add("short", account, 1_000, 0);
  expect([tokens.accountOf("long", 59_999), tokens.accountOf("long", 60_000)]).toEqual([account, undefined]);
  expect([tokens.accountOf("short", 999), tokens.accountOf("short", 1_000)]).toEqual([account, undefined]);
  expect(tokens.accountOf("other", 0)).toBeUndefined();
});

test("the memory is bounded, in tokens and in their length", () => {
  const tokens = knownTokens();
  for (let at = 0; at < 5_001; at++) tokens.add(`t${at}`, account, 1e9, 0);
  expect([tokens.accountOf("t0", 1), tokens.accountOf("t1", 1), tokens.accountOf("t5000", 1)]).toEqual([
    undefined,
    account,
    account,
  ]);
  tokens.add("x".repeat(5_000), account, 1e9, 0);
  expect(tokens.accountOf("x".repeat(5_000), 1)).toBeUndefined();
});
