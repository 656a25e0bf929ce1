import { MicroError } from "@micro/core";
import { expect, test } from "vitest";
import { noRoute, withRoute } from "./route-error.ts";

const route = { service: "go.micro.api.user", endpoint: "Say.Nope" };
const routed = (id: string, code: number, detail: string) =>
  withRoute(new MicroError(id, code, detail), route, { path: "/user/say/nope" });

test("an unknown service is named with the path that led to it", () => {
  const error = routed("go.micro.client", 404, "service go.micro.api.user not found in registry mdns");
  expect(error).toMatchObject({ code: 404, id: "go.micro.api" });
  expect(error.detail).toContain("service not found: go.micro.api.user");
  expect(error.detail).toContain("/user/say/nope");
  expect(error.detail).toContain("registry mdns");
});

test.each([
  ["go.micro.client", "endpoint Say.Nope not found at service go.micro.api.user: unknown service Say.Nope"],
  ["go.micro.server", "endpoint Say.Nope not found at service go.micro.api.user"],
])("an unknown endpoint that %s tells of is named", (id, detail) => {
  const error = routed(id, 404, detail);
  expect(error).toMatchObject({ code: 404, id: "go.micro.api" });
  expect(error.detail).toContain("endpoint not found: go.micro.api.user has no Say.Nope");
  expect(error.detail).toContain("/user/say/nope");
});

test.each([
  ["go.micro.api.user", 404, "user 7 not found"],
  ["go.micro.client", 404, "service go.micro.srv.other not found in registry mdns"],
  ["go.micro.client", 404, "endpoint Say.Nope not found at service go.micro.srv.other: unknown service Say.Nope"],
  ["go.micro.client", 503, "service go.micro.api.user: no node"],
])("%s %i %s passes as it is", (id, code, detail) => {
  expect(routed(id, code, detail)).toMatchObject({ id, code, detail });
});

test("a path without a service is 404 and says so", () => {
  expect(noRoute({ path: "/a b" })).toMatchObject({ code: 404, detail: expect.stringContaining("/a b") });
});
