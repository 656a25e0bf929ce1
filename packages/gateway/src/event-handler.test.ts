import { expect, test } from "vitest";
import { eventOf } from "./event-handler.ts";

test.each([
  ["/", "N", "event"],
  ["/user", "N.user", ""],
  ["/user/login", "N.user", "login"],
  ["/user/a/b", "N.user", "a.b"],
  ["/v1/user/login", "N.v1.user", "user.login"],
  ["/v1/user", "N.v1.user", "user"],
])("%s is on topic %s with name %s", (path, topic, name) => {
  expect(eventOf({ path }, "N")).toEqual({ topic, name });
});

test("a path that cannot be a topic is 400", () => {
  expect(() => eventOf({ path: "/us er/login" }, "N")).toThrow(expect.objectContaining({ code: 400 }));
});
