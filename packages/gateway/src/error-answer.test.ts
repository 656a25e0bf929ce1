import { MicroError } from "@micro/core";
import { expect, test } from "vitest";
import { errorAnswer } from "./error-answer.ts";

const answerTo = (code: number, status?: string) => {
  const answer = errorAnswer(new MicroError("svc", code, "boom", status === undefined ? {} : { status }));
  return { ...answer, body: JSON.parse(String(answer.body)) };
};

test("the code of an error is the status, its JSON the body", () => {
  expect(answerTo(409)).toMatchObject({
    status: 409,
    headers: [["content-type", "application/json"]],
    body: { id: "svc", code: 409, detail: "boom", status: "Conflict" },
  });
});

test("a timeout is 504, in the object too", () => {
  expect(answerTo(408)).toMatchObject({ status: 504, body: { code: 504, status: "Gateway Timeout" } });
});

test.each([10001, 999, 600, 100, 101, 199, 204, 205, 304, -5, 99])(
  "code %i goes out as 500 and stays in the object",
  (code) => {
    expect(answerTo(code)).toMatchObject({ status: 500, body: { code } });
  },
);

test("no code at all is 500", () => {
  expect(answerTo(0)).toMatchObject({ status: 500, body: { code: 500, status: "Internal Server Error" } });
});

test("a phrase of the service's own is kept", () => {
  expect(answerTo(499, "Gone Home").body.status).toBe("Gone Home");
});
