import { describe, expect, it } from "vitest";
import { type BlockKind, checkHeaders } from "./check-headers.ts";
import { HeaderList } from "./header-list.ts";

const request = [":method", "POST", ":scheme", "http", ":path", "/a"];

function problem(kind: BlockKind, fields: readonly string[], lenient = false): string {
  return checkHeaders(new HeaderList(fields), kind, lenient).problem;
}

describe("check of headers", () => {
  it.each<[string, BlockKind, readonly string[]]>([
    ["a request", "request", request],
    ["a request with te: trailers", "request", [...request, "te", "trailers"]],
    ["OPTIONS *", "request", [":method", "OPTIONS", ":scheme", "http", ":path", "*"]],
    ["CONNECT", "request", [":method", "CONNECT", ":authority", "a:1"]],
    ["a value with bytes beyond ASCII", "request", [...request, "x", "h\xe9"]],
    ["an empty value", "request", [...request, "x", ""]],
    ["a response", "response", [":status", "200"]],
    ["trailers", "trailers", ["grpc-status", "0"]],
  ])("accepts %s", (_, kind, fields) => {
    expect(problem(kind, fields)).toBe("");
  });

  it.each<[string, BlockKind, readonly string[]]>([
    ["a request without :method", "request", [":scheme", "http", ":path", "/"]],
    ["a request without :scheme", "request", [":method", "GET", ":path", "/"]],
    ["a request without :path", "request", [":method", "GET", ":scheme", "http"]],
    ["an empty :path", "request", [":method", "GET", ":scheme", "http", ":path", ""]],
    ["a :path without a slash", "request", [":method", "GET", ":scheme", "http", ":path", "a"]],
    ["a pseudo-header twice", "request", [...request, ":path", "/b"]],
    ["a pseudo-header after a regular one", "request", ["a", "b", ...request]],
    ["an unknown pseudo-header", "request", [...request, ":x", "y"]],
    [":status in a request", "request", [...request, ":status", "200"]],
    ["CONNECT with :path", "request", [":method", "CONNECT", ":authority", "a:1", ":path", "/", ":scheme", "http"]],
    ["upper case", "request", [...request, "Accept", "x"]],
    ["an empty name", "request", [...request, "", "x"]],
    ["a line feed in a value", "request", [...request, "a", "b\nc"]],
    ["a blank before a value", "request", [...request, "a", " b"]],
    ["a blank after a value", "request", [...request, "a", "b\t"]],
    ["connection", "request", [...request, "connection", "close"]],
    ["keep-alive", "request", [...request, "keep-alive", "x"]],
    ["transfer-encoding", "request", [...request, "transfer-encoding", "chunked"]],
    ["upgrade", "request", [...request, "upgrade", "h2c"]],
    ["proxy-connection", "request", [...request, "proxy-connection", "x"]],
    ["te other than trailers", "request", [...request, "te", "gzip"]],
    ["two different content-length", "request", [...request, "content-length", "1", "content-length", "2"]],
    ["content-length that is no number", "request", [...request, "content-length", "-1"]],
    ["a response without :status", "response", ["a", "b"]],
    ["a :status that is no number", "response", [":status", "ok"]],
    ["101, which HTTP/2 does not have", "response", [":status", "101"]],
    ["a pseudo-header in trailers", "trailers", [":status", "200"]],
  ])("refuses %s", (_, kind, fields) => {
    expect(problem(kind, fields)).not.toBe("");
  });

  it("drops what belongs to HTTP/1 when it is lenient", () => {
    const noise = ["connection", "close", "keep-alive", "1", "transfer-encoding", "chunked", "upgrade", "h2c"];
    const more = ["proxy-connection", "x", "content-length", "7", "te", "gzip", "http2-settings", "x"];
    const list = new HeaderList([...request, ...noise, "a", "b", ...more]);
    const verdict = checkHeaders(list, "request", true);
    expect(verdict.problem).toBe("");
    expect(verdict.contentLength).toBe(-1);
    expect(verdict.headers.fields).toEqual([...request, "a", "b"]);
  });

  it("is not lenient about what could smuggle", () => {
    expect(problem("request", [...request, "a", "b\r\nc: d"], true)).not.toBe("");
    expect(problem("request", [...request, "A", "b"], true)).not.toBe("");
  });

  it.each<[string, string[], string[], string]>([
    ["a pseudo-header after a regular one", [...request, "a", "b"], [":status", "200"], "request with"],
    ["a pseudo-header twice", request, [":path", "/"], ":path twice"],
    ["a late pseudo-header", [":method", "GET", ":path", "/", "a", "b"], [":scheme", "http"], "after a regular"],
    ["a second content-length", [...request, "content-length", "1"], ["content-length", "2"], "content-length"],
    ["a bad field in the shared ones", [...request, "A", "b"], ["c", "d"], "invalid header name"],
    ["one without :path", request.slice(0, 4), ["c", "d"], "without"],
  ])("refuses %s, wherever the shared fields end", (_, shared, own, problem) => {
    const base = new HeaderList(shared);
    for (let times = 0; times < 2; times++) {
      const verdict = checkHeaders(new HeaderList([...shared, ...own], false, base), "request", false);
      expect(verdict.problem).toContain(problem);
    }
  });

  it("drops from the shared fields and from the others", () => {
    const shared = [...request, "connection", "close"];
    const list = new HeaderList([...shared, "te", "gzip", "a", "b"], false, new HeaderList(shared));
    expect(checkHeaders(list, "request", true).headers.fields).toEqual([...request, "a", "b"]);
  });

  it("checks a shared list once", () => {
    const list = new HeaderList(request);
    expect(checkHeaders(list, "request", false)).toBe(checkHeaders(list, "request", false));
    expect(checkHeaders(list, "trailers", false).problem).not.toBe("");
  });
});
