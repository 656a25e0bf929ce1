import { describe, expect, it } from "vitest";
import { cancelled, MicroError, timeout } from "../words/errors.ts";
import { attemptError } from "./attempt-error.ts";

const givenUp = cancelled("go.micro.client", "call cancelled");
const outrun = timeout("go.micro.client", "another node answered first");

describe("attemptError", () => {
  it("is why an attempt was given up, when that was said", () => {
    expect(attemptError(givenUp, AbortSignal.abort(outrun))).toBe(outrun);
  });

  it.each([
    ["nobody said why", givenUp, AbortSignal.abort()],
    ["nobody gave it up", givenUp, new AbortController().signal],
    ["there is no signal", givenUp, undefined],
    ["it had failed by itself", timeout("go.micro.client", "late"), AbortSignal.abort(outrun)],
    ["the peer gave it up", new MicroError("s", 499, "gone", { answered: true }), AbortSignal.abort(outrun)],
  ])("is its own error when %s", (_name, error, signal) => {
    expect(attemptError(error, signal)).toBe(error);
  });
});
