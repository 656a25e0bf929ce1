import { expect, test } from "vitest";
import { microResolver } from "./micro.ts";

const resolve = microResolver("go.micro.api");

test.each([
  ["/greeter", "greeter", "Greeter.Call"],
  ["/greeter-svc", "greeter-svc", "GreeterSvc.Call"],
  ["/foo/bar", "foo", "Foo.Bar"],
  ["/greeter/say/hello", "greeter", "Say.Hello"],
  ["/user/say/hello", "user", "Say.Hello"],
  ["/foo/bar/baz-xyz", "foo", "Bar.BazXyz"],
  ["/foo/fooBar/bazCat", "foo", "FooBar.BazCat"],
  ["/foo/user_group/list_all", "foo", "User_group.List_all"],
  ["/foo/bar/baz/cat", "foo.bar", "Baz.Cat"],
  ["/foo/bar/baz/cat/car", "foo.bar.baz", "Cat.Car"],
  ["/foo-bar/say/hello", "foo-bar", "Say.Hello"],
  ["/v1/foo/bar", "v1.foo", "Foo.Bar"],
  ["/v1/foo/bar/baz", "v1.foo", "Bar.Baz"],
  ["/v1/foo/bar/baz/cat", "v1.foo.bar", "Baz.Cat"],
  ["/v1/foo", "v1", "V1.Foo"],
  ["/V1/foo/bar", "V1", "Foo.Bar"],
  ["/v/foo/bar", "v", "Foo.Bar"],
  ["/v12/foo/bar", "v12.foo", "Foo.Bar"],
  ["/foo/bar/", "foo", "Foo.Bar"],
  ["/foo/say/SAY", "foo", "Say.SAY"],
  ["/foo/a-b-/-c", "foo", "AB.C"],
  ["/FOO/say/hello", "FOO", "Say.Hello"],
])("%s is service go.micro.api.%s, endpoint %s", (path, service, endpoint) => {
  expect(resolve({ path })).toEqual({ service: `go.micro.api.${service}`, endpoint });
});

test.each([
  "/",
  "/a b/c/d",
  "/foo/bar/café",
  "/foo/b.r/baz",
  "/foo/-/-",
  "/\u0000/a/b",
  "/foo/{x}/y",
  `/${"x".repeat(300)}/a/b`,
])("%s names no service", (path) => {
  expect(resolve({ path })).toBeUndefined();
});
