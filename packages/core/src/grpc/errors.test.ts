import { describe, expect, it } from "vitest";
import { MicroError } from "../words/errors.ts";
import { fromGrpc, toGrpc } from "./errors.ts";

describe("toGrpc", () => {
  it("writes the bytes that go-micro writes", () => {
    const { status, message, details } = toGrpc(new MicroError("greeter", 404, "no such user"));
    expect(status).toBe(5);
    expect(message).toBe('{"id":"greeter","code":404,"detail":"no such user","status":"Not Found"}');
    expect(Buffer.from(details).toString("base64").replace(/=+$/, "")).toBe(
      "CAUSSHsiaWQiOiJncmVldGVyIiwiY29kZSI6NDA0LCJkZXRhaWwiOiJubyBzdWNoIHVzZXIiLCJzdGF0dXMiOiJOb3QgRm91bmQifRpJCiB0eXBlLmdvb2dsZWFwaXMuY29tL2Vycm9ycy5FcnJvchIlCgdncmVldGVyEJQDGgxubyBzdWNoIHVzZXIiCU5vdCBGb3VuZA",
    );
  });

  it.each([
    [400, 3],
    [401, 16],
    [403, 7],
    [404, 5],
    [408, 4],
    [409, 6],
    [412, 9],
    [500, 13],
    [501, 12],
    [503, 14],
    [10_001, 2],
    [200, 2],
  ])("sends code %i as status %i", (code, status) => {
    expect(toGrpc(new MicroError("a", code, "d")).status).toBe(status);
  });
});

describe("fromGrpc", () => {
  const bare = (status: number, message: string, details?: Uint8Array) => fromGrpc({ status, message, details });

  it.each([
    [404, 'naïve <>&% "x"'],
    [409, ""],
    [10_001, "d"],
    [500, "x"],
  ])("gives back code %i with detail %s", (code, detail) => {
    const sent = new MicroError("greeter", code, detail);
    expect(fromGrpc(toGrpc(sent))).toMatchObject({ id: "greeter", code, detail, status: sent.status });
  });

  it("reads the JSON in the message when there are no details", () => {
    expect(bare(13, '{"id":"a","code":409,"detail":"d","status":"Conflict"}')).toMatchObject({ id: "a", code: 409 });
  });

  it.each([
    [5, "not here", 404],
    [2, "oops", 500],
    [12, "nothing", 501],
    [14, "gone", 503],
    [99, "?", 500],
  ])("turns the bare status %i %s into code %i", (status, details, code) => {
    expect(bare(status, details)).toMatchObject({ id: "go.micro.client", code, detail: details });
  });

  it.each([
    ["another type", "08051a0c0a0a6e6f74206572726f7273"],
    ["noise", "ffffffffffff"],
    ["nothing", ""],
  ])("falls back on the status when the details are %s", (_name, hex) => {
    expect(bare(5, "plain", Buffer.from(hex, "hex"))).toMatchObject({ code: 404, detail: "plain" });
  });
});
