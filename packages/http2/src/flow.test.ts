import { expect, it } from "vitest";
import { maxWindow, ReceiveWindow } from "./flow.ts";

it("is opened again when half of it was consumed, not before", () => {
  const window = new ReceiveWindow(100, 100, 100);
  expect(window.take(60)).toBe(true);
  expect(window.give(49)).toBe(false);
  expect(window.give(1)).toBe(true);
  expect(window.open(0, 0)).toBe(50);
  expect(window.left).toBe(90);
});

it("says when the peer sent more than it may", () => {
  const window = new ReceiveWindow(10, 10, 10);
  expect(window.take(10)).toBe(true);
  expect(window.take(1)).toBe(false);
});

it("grows while the peer uses half of it within two round trips, up to the maximum", () => {
  const window = new ReceiveWindow(100, 100, 300);
  const use = (now: number): number => {
    window.take(window.size / 2);
    window.give(window.size / 2);
    return window.open(now, 10);
  };
  expect(use(1000)).toBe(50);
  expect(use(1010)).toBe(50 + 100);
  expect(window.size).toBe(200);
  use(1020);
  expect(window.size).toBe(300);
  use(1030);
  expect(window.size).toBe(300);
});

it("does not grow for a slow peer", () => {
  const window = new ReceiveWindow(100, 100, 300);
  for (let now = 0; now < 1000; now += 100) {
    window.take(50);
    window.give(50);
    window.open(now, 10);
  }
  expect(window.size).toBe(100);
});

it("never exceeds what HTTP/2 allows", () => {
  expect(new ReceiveWindow(0, maxWindow, maxWindow * 4).size).toBe(maxWindow);
  const window = new ReceiveWindow(maxWindow, maxWindow, maxWindow * 4);
  window.take(maxWindow);
  window.give(maxWindow);
  expect(window.open(1, 100)).toBe(maxWindow);
  window.take(maxWindow);
  window.give(maxWindow);
  expect(window.open(2, 100)).toBe(maxWindow);
});
