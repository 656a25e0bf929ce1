import { expect, test } from "vitest";
import { requestTimeout } from "./request-timeout.ts";

const limits = { timeoutMs: 5_000, maxTimeoutMs: 60_000 };
const asking = (timeout?: string): number => requestTimeout({ headers: { timeout } }, limits);

test("without a Timeout header the gateway's own holds", () => {
  expect(asking()).toBe(5_000);
  expect(asking("")).toBe(5_000);
});

test.each([
  ["2", 2_000],
  ["0.25", 250],
  ["30", 30_000],
  ["60", 60_000],
  ["61", 60_000],
  ["9999999999", 60_000],
  ["0.0001", 1],
])("Timeout: %s is %i ms", (header, ms) => {
  expect(asking(header)).toBe(ms);
});

test.each(["0", "-1", "1e3", "5s", "soon", "1, 2", "99999999999"])("Timeout: %s is 400", (header) => {
  expect(() => asking(header)).toThrow(expect.objectContaining({ code: 400 }));
});
