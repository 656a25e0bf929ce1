import { describe, expect, it } from "vitest";
import { forwarded, metadata, titleCase } from "./metadata.ts";

describe("metadata", () => {
  it("holds keys in lower case, the last spelling winning", () => {
    expect({ ...metadata({ "X-Trace": "1", "x-trace": "2" }) }).toEqual({ "x-trace": "2" });
  });

  it("takes `__proto__` for an ordinary key", () => {
    const made = metadata(JSON.parse('{"__proto__":"x"}'));
    expect(Object.keys(made)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("titleCase", () => {
  it.each([
    ["micro-from-service", "Micro-From-Service"],
    ["traceId", "TraceId"],
    ["user_id", "User_id"],
    ["x.y", "X.Y"],
    [":authority", ":Authority"],
  ])("turns %s into %s", (key, titled) => {
    expect(titleCase(key)).toBe(titled);
  });
});

describe("forwarded", () => {
  it("hands on what the caller sent, without what belongs to one hop", () => {
    const incoming = metadata({
      authorization: "Bearer t",
      "micro-trace-id": "7",
      "micro-id": "1",
      ":authority": "h",
      "content-type": "x",
      timeout: "5",
      remote: "1.2.3.4:5",
      "user-agent": "u",
      connection: "close",
    });
    expect({ ...forwarded(incoming) }).toEqual({ authorization: "Bearer t", "micro-trace-id": "7" });
  });
});
