import { ConfigError } from "@micro/core";
import { describe, expect, test } from "vitest";
import { type HandlerName, type ResolverName, resolverNamed, resolverNames } from "../src/index.ts";

const prefix = "go.micro.api";

/** Resolver, handler, `[Host] path`, and `service endpoint`, or undefined where it leads nowhere. */
const table: readonly (readonly [ResolverName, HandlerName, string, string | undefined])[] = [
  ["micro", "meta", "/greeter", "go.micro.api.greeter Greeter.Call"],
  ["micro", "meta", "/foo/bar", "go.micro.api.foo Foo.Bar"],
  ["micro", "rpc", "/greeter/say/hello", "go.micro.api.greeter Say.Hello"],
  ["micro", "api", "/foo/bar/baz-xyz", "go.micro.api.foo Bar.BazXyz"],
  ["micro", "rpc", "/foo/fooBar/bazCat", "go.micro.api.foo FooBar.BazCat"],
  ["micro", "rpc", "/foo/user_group/list_all", "go.micro.api.foo User_group.List_all"],
  ["micro", "rpc", "/foo/bar/baz/cat", "go.micro.api.foo.bar Baz.Cat"],
  ["micro", "rpc", "/foo/bar/baz/cat/car", "go.micro.api.foo.bar.baz Cat.Car"],
  ["micro", "rpc", "/foo-bar/say/hello", "go.micro.api.foo-bar Say.Hello"],
  ["micro", "rpc", "/v1/foo/bar", "go.micro.api.v1.foo Foo.Bar"],
  ["micro", "rpc", "/v1/foo/bar/baz", "go.micro.api.v1.foo Bar.Baz"],
  ["micro", "rpc", "/v1/foo/bar/baz/cat", "go.micro.api.v1.foo.bar Baz.Cat"],
  ["micro", "rpc", "/v1/foo", "go.micro.api.v1 V1.Foo"],
  ["micro", "rpc", "/V1/foo/bar", "go.micro.api.V1 Foo.Bar"],
  ["micro", "rpc", "/foo/bar/", "go.micro.api.foo Foo.Bar"],
  ["micro", "rpc", "/", undefined],
  ["micro", "http", "/greeter/john", "go.micro.api.greeter GET"],
  ["micro", "web", "/v1/foo/bar/baz", "go.micro.api.v1.foo GET"],
  ["micro", "proxy", "/v1", "go.micro.api.v1 GET"],
  ["micro", "http", "/foo-bar", "go.micro.api.foo-bar GET"],
  ["micro", "http", "/foo_bar", undefined],
  ["micro", "http", "/-foo", undefined],
  ["micro", "http", "/.well-known/x", undefined],
  ["micro", "http", "/", undefined],
  ["path", "http", "/shop/cart", "go.micro.api.shop GET"],
  ["path", "http", "/v1/shop", "go.micro.api.v1 GET"],
  ["path", "http", "/", undefined],
  ["vpath", "http", "/shop/cart", "go.micro.api.shop GET"],
  ["vpath", "http", "/v1/shop/cart", "go.micro.api.v1.shop GET"],
  ["vpath", "http", "/v1", "go.micro.api.v1 GET"],
  ["vpath", "http", "/", undefined],
  ["host", "http", "go.micro.web.shop /any/path", "go.micro.web.shop GET"],
  ["host", "http", "shop.example.com:8080 /", "shop.example.com:8080 GET"],
  ["host", "http", "/any", undefined],
  ["grpc", "http", "/go.micro.srv.user.User/Get", "go.micro.srv.user GET"],
  ["grpc", "http", "/user.User/Get", "user GET"],
  ["grpc", "http", "/User/Get", undefined],
  ["grpc", "http", "/", undefined],
  ["subdomain", "http", "shop.example.com /cart", "go.micro.api.shop GET"],
  ["subdomain", "http", "Shop.Example.com:8443 /cart", "go.micro.api.shop GET"],
  ["subdomain", "http", "shop.v1.example.com /", "go.micro.api.v1.shop GET"],
  ["subdomain", "http", "example.com /shop", undefined],
  ["subdomain", "http", "shopexample.com /", undefined],
  ["subdomain", "http", "shop.example.com.evil.org /", undefined],
  ["subdomain", "http", "/shop", undefined],
];

test.each(table)("%s with handler %s takes %s to %s", (resolver, handler, target, expected) => {
  const [path = "", host] = target.split(" ").reverse();
  const resolve = resolverNamed(resolver, { prefix, handler, baseDomain: "example.com" });
  const route = resolve({ path, method: "GET", headers: { host } });
  expect(route && `${route.service} ${route.endpoint}`).toBe(expected);
});

describe("what makes no sense together is refused", () => {
  const others = resolverNames.filter((name) => name !== "micro");
  test.each(
    others.flatMap((resolver) =>
      (["meta", "rpc", "api", "event"] as const).map((handler) => [resolver, handler] as const),
    ),
  )("resolver %s with handler %s", (resolver, handler) => {
    expect(() => resolverNamed(resolver, { prefix, handler, baseDomain: "example.com" })).toThrow(ConfigError);
  });

  test("subdomain without a domain", () => {
    expect(() => resolverNamed("subdomain", { prefix, handler: "http" })).toThrow("example.com");
  });

  test("a resolver that does not exist", () => {
    expect(() => resolverNamed("magic", { prefix })).toThrow('resolver is "magic"; expected micro, path,');
  });
});
