import { expect, test } from "vitest";
import { httpRequest } from "../test/http-request.ts";
import { callMetadata } from "./call-metadata.ts";

test("headers of the caller, host, verb and peer become metadata with keys in lower case", () => {
  const headers = [
    ["Host", "a.example:80"],
    ["X-Trace", "7"],
    ["Authorization", "Bearer t"],
    ["X-Multi", "a"],
    ["X-Multi", "b"],
  ] as const;
  expect(callMetadata(httpRequest("PUT", "/x", headers))).toEqual({
    "x-forwarded-host": "a.example:80",
    "x-forwarded-proto": "http",
    method: "PUT",
    "x-trace": "7",
    authorization: "Bearer t",
    "x-multi": "a, b",
    "x-forwarded-for": "10.0.0.9",
  });
});

test.each([
  "Connection",
  "Keep-Alive",
  "Proxy-Connection",
  "Proxy-Authorization",
  "Proxy-Authenticate",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
  "HTTP2-Settings",
  "Expect",
  "Content-Length",
  "Content-Type",
  "Content-Encoding",
  "Accept-Encoding",
  "Timeout",
  "X-Content-Type",
  "X-Api-Field-Name",
  "X-Api-Body",
  "Micro-Namespace",
  "Micro-Error",
  "Grpc-Timeout",
  "Remote",
  "Local",
  "Data-Bin",
  ":authority",
])("%s from outside is not handed on", (name) => {
  expect(Object.keys(callMetadata(httpRequest("GET", "/x", [[name, "evil"]])))).toEqual([
    "x-forwarded-for",
    "x-forwarded-proto",
    "method",
  ]);
});

test("a header that the connection header lists ends here", () => {
  const headers = [
    ["Connection", "close, X-Secret"],
    ["X-Secret", "1"],
    ["X-Other", "2"],
  ] as const;
  const result = callMetadata(httpRequest("GET", "/x", headers));
  expect(result).not.toHaveProperty("x-secret");
  expect(result["x-other"]).toBe("2");
});

test("the caller cannot set the verb, and an empty value is no value", () => {
  const result = callMetadata(
    httpRequest("GET", "/x", [
      ["Method", "POST"],
      ["X-Empty", ""],
    ]),
  );
  expect(result.method).toBe("GET");
  expect(result).not.toHaveProperty("x-empty");
});

test("the peer is appended to x-forwarded-for", () => {
  expect(callMetadata(httpRequest("GET", "/x", [["X-Forwarded-For", "1.1.1.1"]]))["x-forwarded-for"]).toBe(
    "1.1.1.1, 10.0.0.9",
  );
  const mapped = { ...httpRequest("GET", "/x"), remoteAddress: "::ffff:127.0.0.1" };
  expect(callMetadata(mapped)["x-forwarded-for"]).toBe("127.0.0.1");
});

test("host and protocol are what the gateway sees, unless a trusted proxy tells them", () => {
  const headers = [
    ["Host", "inside:8080"],
    ["X-Forwarded-Host", "shop.example.com"],
    ["X-Forwarded-Proto", "https"],
  ] as const;
  const request = httpRequest("GET", "/x", headers);
  expect(callMetadata(request)).toMatchObject({ "x-forwarded-host": "inside:8080", "x-forwarded-proto": "http" });
  expect(callMetadata({ ...request, fromProxy: true })).toMatchObject({
    "x-forwarded-host": "shop.example.com",
    "x-forwarded-proto": "https",
  });
  const bare = { ...httpRequest("GET", "/x", [["Host", "inside"]]), fromProxy: true, scheme: "https" } as const;
  expect(callMetadata(bare)).toMatchObject({ "x-forwarded-host": "inside", "x-forwarded-proto": "https" });
});

test("what the gateway says itself goes over every header", () => {
  const request = httpRequest("GET", "/x", [["X-Account", "root"]]);
  expect(callMetadata({ ...request, id: "r1", trusted: { "x-account": "ann" } })).toMatchObject({
    "x-account": "ann",
    "x-request-id": "r1",
  });
});
