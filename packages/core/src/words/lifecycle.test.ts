import { describe, expect, it } from "vitest";
import { closeOnce, closeStack } from "./lifecycle.ts";

describe("closeStack", () => {
  it("closes last in, first out, each before the next begins", async () => {
    const order: string[] = [];
    const stack = closeStack();
    for (const name of ["first", "second"]) {
      stack.defer(async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    }
    await stack.close();
    expect(order).toEqual(["second begins", "second ends", "first begins", "first ends"]);
  });

  it("closes all even when one fails, and says what failed", async () => {
    const closed: string[] = [];
    const stack = closeStack();
    stack.defer(() => void closed.push("bottom"));
    stack.defer(() => {
      throw new Error("stuck");
    });
    stack.use({ close: async () => void closed.push("top") });
    await expect(stack.close()).rejects.toThrow("stuck");
    expect(closed).toEqual(["top", "bottom"]);
  });

  it("gives several failures together", async () => {
    const stack = closeStack();
    stack.defer(() => Promise.reject(new Error("a")));
    stack.defer(() => Promise.reject(new Error("b")));
    await expect(stack.close()).rejects.toMatchObject({ errors: [{ message: "b" }, { message: "a" }] });
  });
});

describe("closeOnce", () => {
  it("runs once however often it is called, and shares the outcome", async () => {
    let runs = 0;
    const close = closeOnce(() => {
      runs++;
      throw new Error("failed");
    });
    await expect(close()).rejects.toThrow("failed");
    await expect(close()).rejects.toThrow("failed");
    expect(runs).toBe(1);
  });
});
