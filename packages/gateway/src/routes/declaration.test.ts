import type { Endpoint } from "@micro/core";
import { expect, test } from "vitest";
import { readDeclaration } from "./declaration.ts";

const endpoint = (metadata: Record<string, string>): Endpoint => ({
  name: "Orders.Get",
  request: undefined,
  response: undefined,
  metadata: { endpoint: "Orders.Get", handler: "rpc", method: "GET", ...metadata },
});
const read = (metadata: Record<string, string>) => readDeclaration("go.micro.api.orders", endpoint(metadata));

test("an endpoint without a path declares nothing, and that is no mistake", () => {
  expect(readDeclaration("s", endpoint({}))).toEqual({ routes: [], refused: [] });
});

test("methods, paths and hosts are lists", () => {
  const { routes } = read({ path: "/a/{id},^/b/[0-9]+$", method: "GET, put", host: "a.example,*.b.example" });
  expect(routes.map(({ path, verbs }) => [path, verbs])).toEqual([
    ["/a/{id}", ["GET", "PUT"]],
    ["^/b/[0-9]+$", ["GET", "PUT"]],
  ]);
  const hosts = ["a.example", "x.b.example", "b.example", "evil-a.example", "a.example.evil"];
  expect(hosts.filter((name) => routes[0]?.host?.(name))).toEqual(["a.example", "x.b.example"]);
});

test("a host may be an expression, which stands for the whole name; * is any", () => {
  const host = read({ path: "/a/b", host: "^(shop|web)[0-9]\\.example$" }).routes[0]?.host;
  expect(["shop1.example", "xshop1.example", "web2.example.evil"].filter((name) => host?.(name))).toEqual([
    "shop1.example",
  ]);
  expect(read({ path: "/a/b", host: "*" }).routes[0]?.host).toBeUndefined();
});

test("further bindings have verbs, paths and fields of their own", () => {
  const bindings = JSON.stringify([{ method: "POST", path: "/x/{id}", body: "item", response_body: "item" }]);
  const { routes } = read({ path: "/a/{id}", body: "*", timeout: "1.5s", emit_defaults: "true", bindings });
  expect(routes).toMatchObject([
    { path: "/a/{id}", verbs: ["GET"], bodyField: "*", responseField: undefined, timeoutMs: 1_500, emitDefaults: true },
    { path: "/x/{id}", verbs: ["POST"], bodyField: "item", responseField: "item", timeoutMs: 1_500 },
  ]);
});

test.each([
  [{ path: "/a", endpoint: "" }, 'endpoint is ""'],
  [{ path: "/a", endpoint: "Debug.Health" }, "not for the outside"],
  [{ path: "/a", handler: "" }, 'handler is ""'],
  [{ path: "/a", handler: "cloudevents" }, 'handler is "cloudevents"'],
  [{ path: "/a", method: "" }, "names no method"],
  [{ path: "/" }, "no template"],
  [{ path: "^/a" }, "an expression does both"],
  [{ path: "/a$" }, "an expression does both"],
  [{ path: "^/\\d$" }, "no POSIX expression"],
  [{ path: "/a", timeout: "soon" }, "soon"],
  [{ path: "/a", bindings: "{" }, "no JSON"],
  [{ path: "/a", bindings: "{}" }, "no JSON list"],
])("%j is not used, and says why", (metadata, why) => {
  const { routes, refused } = read(metadata);
  expect(routes).toEqual([]);
  expect(refused).toEqual([expect.stringContaining(why)]);
  expect(refused[0]).toContain("route of go.micro.api.orders Orders.Get is not used");
});

test("one bad path of several does not take the others with it", () => {
  const { routes, refused } = read({ path: "/a,/{b" });
  expect(routes.map(({ path }) => path)).toEqual(["/a"]);
  expect(refused).toHaveLength(1);
});
