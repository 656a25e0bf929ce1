import { expect, test } from "vitest";
import { routeLabels } from "./route-labels.ts";

test("known endpoints have labels of their own, all others share one", () => {
  const labelsOf = routeLabels(({ service }) => service.startsWith("known"));
  expect(labelsOf(undefined)).toEqual({ service: "", endpoint: "", handler: "" });
  expect(labelsOf({ service: "known", endpoint: "A.B" })).toEqual({
    service: "known",
    endpoint: "A.B",
    handler: "rpc",
  });
  expect(labelsOf({ service: "x", endpoint: "A.B" })).toEqual({ service: "other", endpoint: "other", handler: "rpc" });
});

test("however many endpoints there are, the labels are bounded", () => {
  const labelsOf = routeLabels(() => true);
  const seen = new Set<string>();
  for (let at = 0; at < 5_000; at++) seen.add(labelsOf({ service: "s", endpoint: `A.B${at}` }).endpoint);
  expect(seen.size).toBe(1_001);
});
