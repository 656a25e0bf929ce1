import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMessages } from "../protobuf/messages.ts";
import { type Frame, type Framing, replyTo } from "./framing.ts";
import { jsonRpcFraming } from "./json-rpc.ts";
import { jsonRpc2Framing } from "./json-rpc2.ts";

describe("json-rpc", () => {
  it.each([
    ["a number", "7", "7", "7"],
    ["a long number", "12345678901234567890", "12345678901234567890", "12345678901234567890"],
    ["null", "null", "", "null"],
    ["an object", '{"a": 1}', '{"a": 1}', '{"a":1}'],
    ["a string", '"7"', "7", '"7"'],
  ])("answers %s as id with the same", (_what, id, text, answered) => {
    const request = jsonRpcFraming.read(bytes(`{"method":"A.B","params":[{}],"id":${id}}`), "request");
    expect(request.id).toBe(text);
    expect(written(jsonRpcFraming, replyTo(request, bytes("{}")))).toBe(
      `{"id":${answered},"result":{},"error":null}\n`,
    );
  });

  it("answers a request without id with null", () => {
    const request = jsonRpcFraming.read(bytes('{"method":"A.B"}'), "request");
    expect(written(jsonRpcFraming, replyTo(request, bytes("{}")))).toBe('{"id":null,"result":{},"error":null}\n');
  });

  it.each(["[]", "null"])("reads the params %s as no body", (params) => {
    expect(jsonRpcFraming.read(bytes(`{"method":"A.B","params":${params},"id":1}`), "request").body.length).toBe(0);
  });

  it("takes the body as it was written, all digits and white space within it included", () => {
    const request = ' { "id" : "7" , "params" : [ {"a": [1, "]}\\"" ,12345678901234567890]} ] , "method" : "A.B" } \n';
    expect(text(jsonRpcFraming.read(bytes(request), "request").body)).toBe('{"a": [1, "]}\\"" ,12345678901234567890]}');
  });

  it("takes an error that is no string as its JSON, and an empty one as unspecified", () => {
    const read = (error: string) => jsonRpcFraming.read(bytes(`{"id":"1","result":null,"error":${error}}`), "response");
    expect(read('{"code":1}').error).toBe('{"code":1}');
    expect(read('""').error).toBe("unspecified error");
    expect(read("null").error).toBeUndefined();
  });

  it.each([
    ["no JSON", "hello", "expected an object at position 0"],
    ["an array", "[]", "expected an object at position 0"],
    ["no method", '{"id":1}', "json-rpc request: expected a string as method, got nothing"],
    ["a number as method", '{"method":1}', "json-rpc request: expected a string as method, got 1"],
    ["two params", '{"method":"a","params":[1,2]}', "params holds 2 values, expected one"],
    ["params that are no array", '{"method":"a","params":{}}', "expected an array at position 0"],
    ["an id that is no JSON", '{"method":"a","id":nope}', "invalid JSON"],
    ["something after it", '{"method":"a"}{}', "expected the end at position 14"],
    ["a string without end", '{"method":"a\\"}', "expected the end of a string"],
    ["a value without end", '{"method":"a","params":[[[', "expected the end of a value"],
    ["a name without quotes", "{method:1}", "expected a string at position 1"],
    ["no value", '{"method":}', "expected a value at position 10"],
    ["a missing comma", '{"method":"a" "id":1}', "expected a comma or the end of the object"],
  ])("refuses %s", (_what, message, error) => {
    expect(() => jsonRpcFraming.read(bytes(message), "request")).toThrow(error);
  });

  it("takes a million brackets without running out of stack or time", () => {
    const deep = "[".repeat(1e6) + "]".repeat(1e6);
    const request = jsonRpcFraming.read(bytes(`{"method":"a","params":[${deep}]}`), "request");
    expect(request.body.length).toBe(2e6);
    expect(() => jsonRpcFraming.read(bytes(`{"method":"a","params":[${"[".repeat(1e6)}`), "request")).toThrow(
      "expected the end of a value",
    );
    const slashes = `{"method":"a","params":["${"\\\\".repeat(1e6)}"]}`;
    expect(jsonRpcFraming.read(bytes(slashes), "request").body.length).toBe(2e6 + 2);
  });

  it("passes over fields that the message does not have, as Go does, at any depth", () => {
    const { files } = JSON.parse(readFileSync(new URL("../vectors/files.json", import.meta.url), "utf8")) as {
      files: string;
    };
    const messages = loadMessages(files);
    const read = (type: string, json: string) => jsonRpcFraming.codec.coder(messages.type(type)).decode(bytes(json));
    expect(read("vectors.Tree", '{"name":"a","new":1,"left":{"name":"b","x":{}},"others":[{"y":[]}]}')).toMatchObject({
      name: "a",
      left: { name: "b" },
      others: [{ name: "" }],
    });
    expect(read("vectors.Maps", '{"messages":{"1":{"an_int32":5,"new":6}}}')).toMatchObject({
      messages: { "1": { anInt32: 5 } },
    });
    expect(read("vectors.Known", '{"struct":{"any":"thing"}}')).toMatchObject({ struct: { fields: { any: {} } } });
    expect(() => read("vectors.Tree", '{"name":1}')).toThrow("vectors.Tree.name: expected a string, got 1");
    expect(() => read("vectors.Tree", '{"others":1}')).toThrow("vectors.Tree.others: expected an array, got 1");
  });
});

describe("json-rpc2", () => {
  it.each(["7", "1.5", '"x"', "null"])("answers the id %s with the same", (id) => {
    const request = jsonRpc2Framing.read(bytes(`{"jsonrpc":"2.0","method":"A.B","params":{},"id":${id}}`), "request");
    expect(written(jsonRpc2Framing, replyTo(request, bytes("{}")))).toBe(`{"jsonrpc":"2.0","id":${id},"result":{}}\n`);
  });

  it("does not answer a notification", () => {
    const request = jsonRpc2Framing.read(bytes('{"jsonrpc":"2.0","method":"A.B"}'), "request");
    expect(written(jsonRpc2Framing, replyTo(request, bytes("{}")))).toBe("");
    expect(written(jsonRpc2Framing, replyTo(request, bytes("{}"), "failed"))).toBe("");
  });

  it("carries a micro error as the message of an error object", () => {
    const error = '{"id":"greeter","code":404,"detail":"no such user"}';
    const message = written(jsonRpc2Framing, { kind: "response", id: "7", method: "", body: bytes(""), error });
    expect(JSON.parse(message)).toEqual({ jsonrpc: "2.0", id: "7", error: { code: -32000, message: error } });
    expect(jsonRpc2Framing.read(bytes(message), "response").error).toBe(error);
  });

  it("lets a text that is an error object stand, and keeps one with data whole", () => {
    const error = '{"code":-32602,"message":"bad","data":{"field":"x"}}';
    const message = written(jsonRpc2Framing, { kind: "response", id: "7", method: "", body: bytes(""), error });
    expect(message).toBe(`{"jsonrpc":"2.0","id":"7","error":${error}}\n`);
    expect(jsonRpc2Framing.read(bytes(message), "response").error).toBe(error);
  });

  it.each([
    ["a batch", "[]", "expected an object at position 0"],
    ["no version", '{"method":"a"}', "expected a string as jsonrpc, got nothing"],
    ["another version", '{"jsonrpc":"1.0","method":"a"}', 'expected version "2.0", got "1.0"'],
    ["no method", '{"jsonrpc":"2.0"}', "expected a string as method, got nothing"],
    ["a number as params", '{"jsonrpc":"2.0","method":"a","params":1}', "params must be an object or an array, got 1"],
  ])("refuses %s", (_what, message, error) => {
    expect(() => jsonRpc2Framing.read(bytes(message), "request")).toThrow(error);
  });

  it.each([
    ["neither result nor error", '{"jsonrpc":"2.0","id":1}', "expected either a result or an error, got neither"],
    ["both", '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', "expected either a result or an error, got both"],
    ["null as error", '{"jsonrpc":"2.0","id":1,"error":null}', "error is null"],
  ])("refuses a response with %s", (_what, message, error) => {
    expect(() => jsonRpc2Framing.read(bytes(message), "response")).toThrow(error);
  });

  it("refuses to send params that are neither object nor array", () => {
    const request: Frame = { kind: "request", id: "7", method: "A.B", body: bytes("1") };
    expect(() => jsonRpc2Framing.write(request)).toThrow("params must be an object or an array, got 1");
  });
});

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function written(framing: Framing, frame: Frame): string {
  return text(framing.write(frame));
}
