import { MicroError } from "@micro/core";
import { expect, test } from "vitest";
import { hostNamespace, loadPublicSuffixes } from "./host-namespace.ts";

const registrable = await loadPublicSuffixes();

test.each([
  ["staging.myapp.com", "staging"],
  ["staging.myapp.m3o.app", "myapp.staging"],
  ["eu.staging.shop.com.au", "staging.eu"],
  // Companies that give out names below their own are on the list as well.
  ["dev.ann.github.io", "dev"],
  ["ann.github.io", undefined],
  ["api.staging.intranet", "api"],
  ["myapp.com", undefined],
  ["micro.com.au", undefined],
  ["com", undefined],
  ["localhost", undefined],
  ["micro.mu", undefined],
  ["foo.bar.micro.mu", undefined],
  ["81.151.101.146", undefined],
  ["[::1]", undefined],
  ["", undefined],
])("%s stands for %s", (name, namespace) => {
  expect(hostNamespace(name, registrable)).toBe(namespace);
});

test.each(["a/b.shop.com", "a b.shop.com", "a..shop.com", ".shop.com", "ä.shop.com", `${"a.".repeat(130)}shop.com`])(
  "%s is no host's name, which is 400",
  (name) => {
    expect(() => hostNamespace(name, registrable)).toThrow(MicroError);
    expect(() => hostNamespace(name, registrable)).toThrow("no host's name");
  },
);
