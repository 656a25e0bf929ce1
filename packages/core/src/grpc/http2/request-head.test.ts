import { HeaderList } from "@micro/http2";
import { expect, it } from "vitest";
import type { Dispatcher } from "../../protocol/protocol.ts";
import { type RequestHead, readRequest } from "./request-head.ts";

const dispatcher: Dispatcher = {
  kindOf: (endpoint) => (endpoint === "Say.Hello" ? "unary" : undefined),
  hasHandler: (name) => name === "Say",
  unary: async (_call, body) => body,
  stream: async () => undefined,
};

const shared = [":method", "POST", ":path", "/Say/Hello", "content-type", "application/grpc", "x-app", "a"];
const base = new HeaderList([...shared, "timeout", "5000000000"]);

function read(own: string[], on = base) {
  return readRequest(new HeaderList([...on.fields, ...own], false, on), dispatcher, "127.0.0.1:1", "identity");
}

it("reads what calls have in common once, and adds what is their own", () => {
  const first = read(["x-id", "1"]) as RequestHead;
  const second = read(["x-id", "2", "x-app", "b"]) as RequestHead;
  expect(second.reply).toBe(first.reply);
  expect(first).toMatchObject({ endpoint: "Say.Hello", contentType: "application/grpc", timeoutMs: 5000 });
  const known = { "content-type": "application/grpc", remote: "127.0.0.1:1" };
  for (let times = 0; times < 3; times++) {
    expect({ ...first.metadata() }).toEqual({ ...known, "x-app": "a", "x-id": "1" });
    expect({ ...second.metadata() }).toEqual({ ...known, "x-app": "a, b", "x-id": "2" });
  }
});

it("takes the shorter of the two timeouts, wherever they stand", () => {
  expect(read(["grpc-timeout", "300m"])).toMatchObject({ timeoutMs: 300 });
  expect(read(["grpc-timeout", "9S"])).toMatchObject({ timeoutMs: 5000 });
  expect(read(["timeout", "1000000"], new HeaderList(shared))).toMatchObject({ timeoutMs: 1 });
  expect(read([], new HeaderList(shared))).toMatchObject({ timeoutMs: undefined });
});

it("looks at all fields where the own ones say what the call is", () => {
  expect(read(["grpc-encoding", "x"])).toMatchObject({ refusal: expect.arrayContaining(["grpc-status", "12"]) });
  const bare = new HeaderList([":method", "POST", "x-app", "a"]);
  const own = [":path", "/Say/Hello", "content-type", "application/grpc+json"];
  expect(read(own, bare)).toMatchObject({ endpoint: "Say.Hello", contentType: "application/grpc+json" });
});

it("keeps no refusal for calls that begin alike", () => {
  const unknown = new HeaderList([":method", "POST", ":path", "/Say/More", "content-type", "application/grpc"]);
  expect(read(["x-id", "1"], unknown)).toHaveProperty("refusal");
  const more = { ...dispatcher, kindOf: () => "unary" as const };
  const later = new HeaderList([...unknown.fields, "x-id", "2"], false, unknown);
  expect(readRequest(later, more, "127.0.0.1:1", "identity")).toMatchObject({ endpoint: "Say.More" });
});
