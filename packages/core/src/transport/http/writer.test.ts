import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalName } from "./header-names.ts";
import { type HttpMessage, httpReader } from "./reader.ts";
import { requestHead, responseHead } from "./writer.ts";

const headers = { "micro-id": "0", accept: "application/json", "x-user": "ann", "micro-from-service": "go.caller" };

describe("the writer of heads", () => {
  it("spells and sorts headers as Go does", () => {
    expect(requestHead("10.0.0.5:1", headers, 3).toString()).toBe(
      "POST / HTTP/1.1\r\nHost: 10.0.0.5:1\r\nUser-Agent: micro\r\nContent-Length: 3\r\nAccept: application/json\r\n" +
        "Micro-From-Service: go.caller\r\nMicro-Id: 0\r\nX-User: ann\r\n\r\n",
    );
    expect(responseHead({ "micro-id": "0" }, 0).toString()).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nMicro-Id: 0\r\n\r\n",
    );
    expect(canonicalName("traceId")).toBe("Traceid");
  });

  it("lets no value begin another header, and no caller say how long the body is", () => {
    const sly = { "x-a": "b\r\nX-Evil: 1\r\n\r\n", "bad name": "x", "content-length": "99", "transfer-encoding": "x" };
    expect(responseHead(sly, 0).toString()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b  X-Evil: 1\r\n\r\n");
  });

  it("writes what the reader reads, whatever the headers", () => {
    const values = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}$/), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(values, (given) => {
        const read: HttpMessage[] = [];
        httpReader({ role: "client", maxBodyBytes: 10, onMessage: (message) => read.push(message) }).push(
          responseHead(given, 0),
        );
        expect(read).toHaveLength(1);
        const framing = ["content-length", "transfer-encoding", "host"];
        const expected = Object.keys(given).filter((key) => !framing.includes(key));
        expect(Object.keys(read[0]?.head.headers ?? {}).sort()).toEqual([...expected, "content-length"].sort());
      }),
    );
  });
});
