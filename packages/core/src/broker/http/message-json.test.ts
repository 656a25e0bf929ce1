import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { metadata } from "../../words/metadata.ts";
import { decodeMessage, encodeMessage } from "./message-json.ts";
import { queryEscape } from "./post.ts";

interface Vectors {
  messages: { header: Record<string, string>; body: string; text: string }[];
  posted: { nodeId: string; target: string; body: string };
}

const { messages, posted }: Vectors = JSON.parse(
  readFileSync(new URL("vectors/go-micro-2.9.1.json", import.meta.url), "utf8"),
);
const read = (text: string, maxHeaders = 256) => decodeMessage(Buffer.from(text), maxHeaders);

describe("messages of go-micro 2.9.1", () => {
  it.each(messages)("writes $text", ({ header, body, text }) => {
    // The old dialect's header keeps its spelling.
    const { ":topic": topic, ...rest } = header;
    const extra = topic === undefined ? {} : { ":topic": topic };
    const written = encodeMessage({ headers: metadata(rest), body: Buffer.from(body, "base64") }, extra);
    expect(written.toString()).toBe(text);
  });

  it.each(messages)("reads $text", ({ header, body, text }) => {
    const message = read(text);
    expect({ ...message.headers }).toEqual({ ...metadata(header) });
    expect(Buffer.from(message.body).toString("base64")).toBe(body);
  });

  it("reads what was posted, and names the node as Go does", () => {
    expect(Buffer.from(read(posted.body).body).toString()).toBe('{"n":0}');
    expect(`/?id=${queryEscape(posted.nodeId)}`).toBe(posted.target);
  });
});

describe("decodeMessage", () => {
  it("takes keys in any case, null for nothing, line ends in base64, and ignores what it does not know", () => {
    expect(read('{"header":null,"BODY":"YW\\r\\nI=","more":1}')).toEqual({
      headers: metadata(),
      body: new Uint8Array([97, 98]),
    });
    expect(read("{}").body).toHaveLength(0);
  });

  it("keeps keys that mean something to JavaScript as keys", () => {
    expect(Object.entries(read('{"Header":{"__proto__":"a","constructor":"b"}}').headers)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it.each([
    ["", "Unexpected end of JSON input"],
    ["null", "expected an object with Header and Body, found null"],
    ["[]", "expected an object with Header and Body, found []"],
    ['{"Header":7}', "Header: expected an object, found 7"],
    ['{"Header":{"A":["b"]}}', 'Header.A: expected a string, found ["b"]'],
    ['{"Body":7}', "Body: expected base64 text, found 7"],
    ['{"Body":"YWI"}', 'Body: expected base64 text with padding, found "YWI"'],
    ['{"Body":"YW-_"}', 'Body: expected base64 text with padding, found "YW-_"'],
    ['{"Header":{"a":"","b":"","c":""}}', "Header: 3 headers, at most 2 are allowed"],
  ])("rejects %s", (text, message) => {
    expect(() => read(text, 2)).toThrow(message);
  });
});
