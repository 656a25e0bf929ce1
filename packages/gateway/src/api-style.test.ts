import { type Endpoint, messageValue } from "@micro/core";
import { expect, test } from "vitest";
import { isApiStyle } from "./api-style.ts";
import { Pair, Request, Response } from "./gen/api.ts";

const endpoint = (request: Endpoint["request"], response: Endpoint["response"]): Endpoint => ({
  name: "Form.Submit",
  request,
  response,
  metadata: {},
});

test("an endpoint that takes go.api.Request is known by the record of it", () => {
  expect(isApiStyle(endpoint(messageValue(Request), messageValue(Response)))).toBe(true);
});

test("a message that is merely called Request is not", () => {
  const other = { ...messageValue(Pair), name: "Request", type: "Request" };
  expect(isApiStyle(endpoint(other, messageValue(Response)))).toBe(false);
  expect(isApiStyle(endpoint(undefined, undefined))).toBe(false);
});
