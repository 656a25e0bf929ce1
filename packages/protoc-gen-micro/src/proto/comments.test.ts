import { expect, it } from "vitest";
import { commentsBetween } from "./comments.ts";

const none = { leading: "", trailing: "" };

it("takes a comment behind something on its line as about that", () => {
  expect(commentsBetween(" // a\n")).toEqual({ leading: "", trailing: " a\n" });
  expect(commentsBetween(" // a\n// b\n")).toEqual({ leading: " b\n", trailing: " a\n" });
});

it("takes a comment right above something as about that, line by line", () => {
  expect(commentsBetween("\n\n  // a\n  // b\n  ")).toEqual({ leading: " a\n b\n", trailing: "" });
});

it("takes a comment below something and before a blank line as about the former", () => {
  expect(commentsBetween("\n// a\n\n")).toEqual({ leading: "", trailing: " a\n" });
});

it("drops a comment that stands alone", () => {
  expect(commentsBetween("\n\n// a\n\n")).toEqual(none);
});

it("drops a comment between two things on one line, which could be about either", () => {
  expect(commentsBetween(" /* a */ ")).toEqual(none);
});

it("drops a comment before a closing bracket, unless it may be about what comes before", () => {
  expect(commentsBetween("\n\n// a\n", { closesScope: true })).toEqual(none);
  expect(commentsBetween("\n// a\n", { closesScope: true })).toEqual({ leading: "", trailing: " a\n" });
});

it("takes no comment at the start of a file as about something before", () => {
  expect(commentsBetween("// a\n\n// b\n", { fileStart: true })).toEqual({ leading: " b\n", trailing: "" });
});

it("removes the stars down the side of a block", () => {
  expect(commentsBetween("\n/* a\n * b\n   c */\n").leading).toBe(" a\n b\nc ");
});
