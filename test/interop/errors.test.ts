import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerFor, directions } from "./directions.ts";
import { availableRegistries, type Fleet, startFleet } from "./fleet.ts";
import { requireGo } from "./go-peer.ts";

const available = await requireGo();

describe.skipIf(!available).each(await availableRegistries())("errors between nodes found over %s", (registry) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(registry);
  });
  afterAll(() => fleet?.close());

  describe.each(directions)("%s", (direction) => {
    it.each([
      [400, "Bad Request"],
      [401, "Unauthorized"],
      [403, "Forbidden"],
      [404, "Not Found"],
      [405, "Method Not Allowed"],
      [408, "Request Timeout"],
      [409, "Conflict"],
      [412, "Precondition Failed"],
      [418, "I'm a teapot"],
      [429, "Too Many Requests"],
      [500, "Internal Server Error"],
      [501, "Not Implemented"],
      [503, "Service Unavailable"],
      [599, ""],
      [10_001, ""],
    ])("carries an error of code %i with id, detail and status", async (code, status) => {
      const failure = { id: "interop.raised", code, detail: 'naïve ✓ <>&%41 "quoted"\n{}\u2028' };
      const outcome = await callerFor(direction, fleet)("fail", { manner: "error", ...failure });
      expect(outcome).toEqual({ error: { ...failure, status } });
    });

    it("carries an error without id and detail", async () => {
      const { error } = await callerFor(direction, fleet)("fail", { manner: "error", code: 409 });
      expect(error).toEqual({ id: "", code: 409, detail: "", status: "Conflict" });
    });

    it("carries a detail of 20,000 characters", async () => {
      const detail = "long ".repeat(4_000);
      const { error } = await callerFor(direction, fleet)("fail", { manner: "error", id: "x", code: 409, detail });
      expect(error?.detail).toBe(detail);
    });

    it("calls twice for 500 and 408 by go's rule, and never a second time by ours", async () => {
      const call = callerFor(direction, fleet);
      const retried = direction.startsWith("go") ? 2 : 1;
      for (const [code, calls] of [
        [500, retried],
        [408, retried],
        [503, 1],
        [400, 1],
      ] as const) {
        const key = `${direction} ${code}`;
        await call("fail", { key, manner: "error", id: "x", code });
        expect((await call("recall", { key })).reply, key).toMatchObject({ calls });
      }
    });
  });

  it("gives go the text of a thrown Error and TypeError as 500 of the service", async () => {
    const call = callerFor("go → ts", fleet);
    for (const manner of ["plain", "panic"]) {
      const { error } = await call("fail", { manner, detail: "naïve <>&%" });
      expect(error).toMatchObject({ id: fleet.ourName, code: 500, detail: "naïve <>&%" });
    }
  });

  it("gives the text of go's plain error and panic as 500", async () => {
    const call = callerFor("ts → go", fleet);
    expect((await call("fail", { manner: "plain", detail: "naïve <>&%" })).error).toMatchObject({
      id: "go.micro.client",
      code: 500,
      detail: "naïve <>&%",
    });
    expect((await call("fail", { manner: "panic", detail: "naïve <>&%" })).error).toMatchObject({
      id: "go.micro.server",
      code: 500,
      detail: "panic recovered: naïve <>&%",
    });
  });

  it("gets the answer of go's second try", async () => {
    const call = callerFor("go → ts", fleet);
    const outcome = await call("fail", { key: "second", manner: "error", id: "x", code: 500, wellFrom: 2 });
    expect(outcome).toEqual({ reply: {} });
  });
});
