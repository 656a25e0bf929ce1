import { describe, expect, it } from "vitest";
import type { MicroError } from "../words/errors.ts";
import { isLegacy, readRequest } from "./read-request.ts";

const body = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("a message that asks for something", () => {
  it.each([
    ["nothing of mucp", {}, true],
    ["an id alone", { "micro-id": "1" }, true],
    ["a service", { "micro-service": "greeter" }, false],
    ["an endpoint", { "micro-endpoint": "Say.Hello" }, false],
    ["a method under the older name", { "x-micro-method": "Say.Hello" }, false],
    ["an old peer's target", { "micro-target": "greeter", "micro-method": "Say.Hello" }, true],
    ["a target and a protocol", { "micro-target": "greeter", "micro-protocol": "mucp" }, false],
    ["a topic", { "micro-topic": "greeted" }, false],
  ])("is of an old peer or not by its headers: %s", (_what, headers, expected) => {
    expect(isLegacy(headers)).toBe(expected);
  });

  it("believes its headers rather than its envelope", () => {
    const json = body('{"method":"Say.Other","params":[1],"id":"9"}');
    const headers = { "content-type": "application/json-rpc", "micro-endpoint": "Say.Hello", "micro-id": "7" };
    expect(readRequest({ headers, body: json }, {})).toMatchObject({ endpoint: "Say.Hello", id: "7" });
  });

  it.each([
    ["application/json", "application/json", "{}"],
    ["application/protobuf", "application/protobuf", ""],
    ["", "application/protobuf", ""],
    ["Application/JSON; charset=utf-8", "application/json", "{}"],
    ["application/json-rpc", "application/json-rpc", '{"method":"Say.Hello","params":[{}],"id":1}'],
    ["application/proto-rpc", "application/protobuf", ""],
    ["application/octet-stream", "application/octet-stream", "x"],
    ["application/grpc", "application/grpc", ""],
    ["application/grpc+json", "application/json-rpc", ""],
  ])("of %j hands on %s", (contentType, bodyType, text) => {
    const headers = { "content-type": contentType, "micro-endpoint": "Say.Hello" };
    expect(readRequest({ headers, body: body(text) }, {}).bodyType).toBe(bodyType);
  });

  it.each([
    [
      "an unknown content type",
      { "content-type": "image/png", "micro-endpoint": "Say.Hello" },
      "",
      500,
      "Unsupported Content-Type: image/png",
    ],
    [
      "curl's content type with mucp's headers",
      { "content-type": "application/x-www-form-urlencoded", "micro-endpoint": "Say.Hello" },
      "{}",
      500,
      "Unsupported Content-Type",
    ],
    [
      "no endpoint",
      { "content-type": "application/json", "micro-service": "greeter" },
      "{}",
      400,
      "rpc: service/endpoint request ill-formed: ",
    ],
    [
      "an endpoint of one part",
      { "content-type": "application/json", "micro-endpoint": "Say" },
      "{}",
      400,
      "ill-formed: Say",
    ],
    [
      "an endpoint of three parts",
      { "content-type": "application/json", "micro-endpoint": "a.Say.Hello" },
      "{}",
      400,
      "ill-formed: a.Say.Hello",
    ],
    [
      "JSON that is none",
      { "content-type": "application/json-rpc", "micro-endpoint": "Say.Hello" },
      "{",
      400,
      "cannot decode request",
    ],
    [
      "a block that lies about its length",
      { "content-type": "application/proto-rpc", "micro-endpoint": "Say.Hello" },
      "\xff\xff\xff\xffab",
      400,
      "cannot decode request",
    ],
    [
      "a frame that lies about its length",
      { "content-type": "application/grpc", "micro-endpoint": "Say.Hello" },
      "\0\0\0\0\x09ab",
      400,
      "cannot decode request",
    ],
  ])("is refused for %s", (_what, headers, text, code, detail) => {
    let error: MicroError | undefined;
    try {
      readRequest({ headers: headers as Record<string, string>, body: body(text) }, {});
    } catch (reason) {
      error = reason as MicroError;
    }
    expect(error).toMatchObject({ id: "go.micro.server", code });
    expect(error?.detail).toContain(detail);
  });
});
