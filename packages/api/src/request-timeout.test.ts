import { expect, test } from "vitest";
import { requestTimeout } from "./request-timeout.ts";

const limits = { timeoutMs: 5_000, maxTimeoutMs: 60_000 };
const asking = (timeout?: string): number => requestTimeout({ headers: { timeout } }, limits).timeoutMs;

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

test("a route's own timeout goes before the gateway's, and the header before both, none beyond the limit", () => {
  const ofRoute = (routeMs: number, timeout?: string) =>
    requestTimeout({ headers: { timeout }, route: { service: "s", endpoint: "E.M", timeoutMs: routeMs } }, limits);
  expect(ofRoute(20_000)).toEqual({ timeoutMs: 20_000, timeoutAsked: true });
  expect(ofRoute(90_000).timeoutMs).toBe(60_000);
  expect(ofRoute(20_000, "1").timeoutMs).toBe(1_000);
});
