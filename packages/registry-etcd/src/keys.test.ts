import { describe, expect, it } from "vitest";
import { nodeKey, prefixEnd, serviceKey } from "./keys.ts";

describe("keys", () => {
  it("are go-micro's", () => {
    expect(nodeKey("go/micro.srv", "go/micro.srv-1")).toBe("/micro/registry/go-micro.srv/go-micro.srv-1");
    expect(serviceKey("go.micro.srv.user")).toBe("/micro/registry/go.micro.srv.user/");
  });

  it("keep to one part of the tree each", () => {
    for (const name of ["", ".", ".."]) expect(() => nodeKey("s", name)).toThrow(`the node id is \\"${name}\\"`);
    for (const name of ["", ".", ".."]) expect(() => serviceKey(name)).toThrow(`the service name is \\"${name}\\"`);
    expect(nodeKey("...", "../..")).toBe("/micro/registry/.../..-..");
  });

  it("with a prefix end before the first key without it", () => {
    expect(prefixEnd("/micro/registry/").toString()).toBe("/micro/registry0");
  });
});
