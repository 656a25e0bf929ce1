import { describe, expect, it } from "vitest";
import { endpointOf, pathOf } from "./path.ts";

describe("pathOf", () => {
  it.each([
    ["go.micro.srv.greeter", "Greeter.Hello", "/go.micro.srv.greeter.Greeter/Hello"],
    ["", "Greeter.Hello", "/Greeter/Hello"],
    ["any", "/helloworld.Greeter/SayHello", "/helloworld.Greeter/SayHello"],
    ["any", "Greeter", "Greeter"],
    ["any", "A.B.C", "A.B.C"],
  ])("of %s and %s is %s", (service, endpoint, path) => {
    expect(pathOf(service, endpoint)).toBe(path);
  });
});

describe("endpointOf", () => {
  it.each([
    ["/Greeter/Hello", "Greeter.Hello"],
    ["/x.Greeter/Hello", "Greeter.Hello"],
    ["/a.b.c.Greeter/Hello", "Greeter.Hello"],
    ["/a.Greeter/Sub/Hello", undefined],
    ["/Greeter", undefined],
    ["/Greeter/", undefined],
    ["/a./Hello", undefined],
    ["//Hello", undefined],
    ["Greeter/Hello", undefined],
    ["", undefined],
  ])("of %s is %s", (path, endpoint) => {
    expect(endpointOf(path)).toBe(endpoint);
  });
});
