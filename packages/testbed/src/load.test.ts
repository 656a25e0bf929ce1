import { describe, expect, it } from "vitest";
import { startLoad } from "./load.ts";

describe("a load", () => {
  it("numbers its calls from 0 and tells how many were made", async () => {
    const seen: number[] = [];
    const load = startLoad(async (number) => void seen.push(number), { perSecond: 2_000 });
    await load.madeMore(50);
    const { made, failed } = await load.stop();
    expect(made).toBeGreaterThanOrEqual(50);
    expect(failed).toBe(0);
    expect(seen).toEqual(Array.from({ length: made }, (_, index) => index));
  });

  it("counts the calls that reject and keeps each reason once", async () => {
    const load = startLoad(
      async (number) => {
        if (number % 2 === 0) throw new Error(number === 0 ? "the first" : "another");
      },
      { perSecond: 2_000 },
    );
    await load.madeMore(20);
    const { made, failed, reasons } = await load.stop();
    expect(failed).toBe(Math.ceil(made / 2));
    expect(reasons).toEqual(["the first", "another"]);
  });

  it("goes on making calls while none is answered, and waits for the answers when it stops", async () => {
    const answers: (() => void)[] = [];
    const load = startLoad(() => new Promise((resolve) => answers.push(resolve)), { perSecond: 2_000 });
    await load.madeMore(20);
    let stopped = false;
    const stopping = load.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    for (const answer of answers) answer();
    await stopping;
    expect(answers).toHaveLength(load.tally.made);
  });
});
