import { expect, it } from "vitest";
import { noDeadline } from "../../words/deadline.ts";
import { type Metadata, metadata } from "../../words/metadata.ts";
import { headerMaker } from "./call-headers.ts";

const target = {
  service: "go.micro.srv.user",
  endpoint: "User.Get",
  kind: "unary",
  contentType: "application/grpc+proto",
} as const;
const call = (own: Metadata, timeoutMs = 5_000) => ({
  target,
  metadata: own,
  deadline: noDeadline,
  timeoutMs,
  signal: undefined,
});

it("puts the metadata of one call after what all calls of the endpoint share", () => {
  const headersOf = headerMaker("127.0.0.1:1", "http");
  const first = headersOf(call(metadata({ "X-Request-Id": "1" })), "identity");
  const second = headersOf(call(metadata({ "X-Request-Id": "2" })), "identity");
  expect(second.template).toBe(first.template);
  expect([...first.fields, ...second.fields]).toEqual(["x-request-id", "1", "x-request-id", "2"]);
  expect(first.template.fields).toContain("/go.micro.srv.user.User/Get");
  expect(first.template.fields).not.toContain("x-request-id");
});

it("makes one whole of endpoint and metadata that calls share", () => {
  const headersOf = headerMaker("127.0.0.1:1", "http");
  const shared = metadata({ "micro-from-service": "cli", "x-api-key": "k" });
  headersOf(call(shared), "identity");
  const whole = headersOf(call(shared), "identity");
  expect(whole.fields).toEqual([]);
  expect(whole.template.fields).toEqual(expect.arrayContaining(["micro-from-service", "cli", "x-api-key", "k"]));
  expect(whole.template.secret[whole.template.fields.indexOf("x-api-key") >> 1]).toBe(true);
  expect(headersOf(call(shared), "identity")).toBe(whole);
  // Another timeout is another header.
  expect(headersOf(call(shared, 1_000), "identity").template.fields).toContain("1000000000");
});
