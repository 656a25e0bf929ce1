import { expect, test } from "vitest";
import { parseTemplate } from "./template.ts";

/** The variables of a path as the template has them, or undefined when it does not match. */
function match(template: string, path: string): Record<string, string> | undefined {
  const { pattern, variables } = parseTemplate(template);
  const found = pattern.exec(path);
  return found ? Object.fromEntries(variables.map((name, at) => [name, found[at + 1] ?? ""])) : undefined;
}

test.each([
  ["/orders/{id}", "/orders/7", { id: "7" }],
  ["/orders/{id}", "/orders/7/", undefined],
  ["/orders/{id}", "/orders", undefined],
  ["/orders/{id}", "/x/orders/7", undefined],
  ["/orders/{id}", "/Orders/7", undefined],
  ["/orders/{id}", "/orders/a b", { id: "a b" }],
  ["/orders/*", "/orders/", {}],
  ["/files/{name=**}", "/files/a/b/c", { name: "a/b/c" }],
  ["/files/**", "/files/a/b", {}],
  ["/v1/{parent=shelves/*}/books/{id}", "/v1/shelves/2/books/9", { parent: "shelves/2", id: "9" }],
  ["/v1/{parent=shelves/*}/books/{id}", "/v1/racks/2/books/9", undefined],
  ["/x/{order.id}", "/x/5", { "order.id": "5" }],
  ["/orders:cancel", "/orders:cancel", {}],
  ["/orders:cancel", "/orders", undefined],
  ["/orders/{id}:cancel", "/orders/7:cancel", { id: "7" }],
  ["/orders/{id}:cancel", "/orders/7", undefined],
  ["/a.b/{x}", "/axb/1", undefined],
  ["/a%20b/{x}", "/a b/1", { x: "1" }],
  ["/a/{x}/{y}", "/a/1/2\n", { x: "1", y: "2\n" }],
])("%s on %s", (template, path, expected) => {
  expect(match(template, path)).toEqual(expected);
});

test.each([
  ["/", "names something"],
  ["orders", "begins with /"],
  ["/a/{b", "braces"],
  ["/a/b}", "braces"],
  ["/a/{b/{c}}", "braces"],
  ["/a/x{b}", "whole segment"],
  ["/a/{1b}", "no field name"],
  ["/a/{b}/{b}", "twice"],
  ["/**/a/**", "once"],
  ["/a//b", "no literal"],
  ["/a/b c", "no literal"],
])("%s is no template", (template, why) => {
  expect(() => parseTemplate(template)).toThrow(why);
});
