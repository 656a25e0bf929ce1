import { type Endpoint, messageValue } from "@micro/core";
import { expect, test } from "vitest";
import { givesBytes, isApiStyle, takesBytes } from "./api-style.ts";
import { Pair, Request, Response } from "./gen/api.ts";
import { Request as RawRequest, Response as RawResponse } from "./gen/raw.ts";

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

test("one that takes or gives bytes is known by the type of its body, as records of TypeScript and of Go have it", () => {
  const raw = endpoint(messageValue(RawRequest), messageValue(RawResponse));
  expect([isApiStyle(raw), takesBytes(raw), givesBytes(raw)]).toEqual([true, true, true]);
  expect(raw.request?.values.find(({ name }) => name === "body")?.type).toBe("[]uint8");
  const text = endpoint(messageValue(Request), messageValue(Response));
  expect([takesBytes(text), givesBytes(text)]).toEqual([false, false]);
  const unknown = endpoint(undefined, undefined);
  expect([takesBytes(unknown), givesBytes(unknown)]).toEqual([false, false]);
});
