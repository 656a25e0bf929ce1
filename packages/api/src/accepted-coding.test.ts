import { expect, test } from "vitest";
import { acceptedCoding } from "./accepted-coding.ts";

test.each([
  ["gzip, deflate, br", "br"],
  ["gzip", "gzip"],
  ["GZIP;q=0.5", "gzip"],
  ["br;q=0.2, gzip;q=0.8", "gzip"],
  ["br;q=0, *", "gzip"],
  ["*", "br"],
  ["*;q=0", undefined],
  ["identity", undefined],
  ["gzip;q=0", undefined],
  ["gzip;q=x", undefined],
  ["", undefined],
])("%j takes %s", (header, coding) => {
  expect(acceptedCoding(header)).toBe(coding);
});
