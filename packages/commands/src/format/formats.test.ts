import { MicroError } from "@micro/core";
import { expect, test } from "vitest";
import type { NodeAnswer, ServiceAnswers } from "../nodes.ts";
import { goDuration } from "./go-duration.ts";
import { indentJson } from "./go-json.ts";
import { dataJson, healthJson, statsJson } from "./json.ts";
import { messageJson, messageText } from "./message-text.ts";
import { healthText, nodesText, statsText } from "./nodes-text.ts";
import { callFailureText, replyText } from "./reply-text.ts";
import { snakeCase } from "./snake-case.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function answered<T>(id: string, outcome: T | MicroError): NodeAnswer<T> {
  const node = { id, address: `${id}:1`, metadata: {} };
  return outcome instanceof MicroError
    ? { node, answer: undefined, error: outcome }
    : { node, answer: outcome, error: undefined };
}

function service<T>(...nodes: NodeAnswer<T>[]): ServiceAnswers<T> {
  return { service: "go.micro.srv.greeter", versions: [{ version: "latest", nodes }] };
}

const down = new MicroError("go.micro.client", 503, "connection refused");

// What Go's time.Duration prints.
test.each([
  [0n, "0s"],
  [1n, "1ns"],
  [1_100n, "1.1µs"],
  [999_999n, "999.999µs"],
  [1_200_000n, "1.2ms"],
  [12_000_000n, "12ms"],
  [999_999_999n, "999.999999ms"],
  [1_000_000_000n, "1s"],
  [63_500_000_000n, "1m3.5s"],
  [3_723_000_000_000n, "1h2m3s"],
  [3_600_000_000_000n, "1h0m0s"],
  [360_000_000_000_000n, "100h0m0s"],
  [-1_500_000n, "-1.5ms"],
])("%d nanoseconds are %s", (nanoseconds, text) => {
  expect(goDuration(nanoseconds)).toBe(text);
});

// What Go's json.Indent writes with a tab.
test.each([
  ["{}", "{}"],
  ["[ ]", "[]"],
  ['{"msg":"Hello Ann"}', '{\n\t"msg": "Hello Ann"\n}'],
  ['{"a":[1,{"b":[]}],"c":{}}', '{\n\t"a": [\n\t\t1,\n\t\t{\n\t\t\t"b": []\n\t\t}\n\t],\n\t"c": {}\n}'],
  ['{"big":9007199254740993,"e":1e400,"z":1.50}', '{\n\t"big": 9007199254740993,\n\t"e": 1e400,\n\t"z": 1.50\n}'],
  ['{"s":"a, {b}: [\\"c\\"] \\\\","t":""}', '{\n\t"s": "a, {b}: [\\"c\\"] \\\\",\n\t"t": ""\n}'],
  [' { "a" :\n\t1 , "b" : null } ', '{\n\t"a": 1,\n\t"b": null\n}'],
  ["null", "null"],
  ['"x y"', '"x y"'],
])("%s is indented as Go does it", (text, indented) => {
  expect(indentJson(text)).toBe(indented);
});

test.each([
  ["name", "name"],
  ["user_name", "user_name"],
  ["userName", "user_name"],
  ["UserID", "user_id"],
  ["IDCard", "id_card"],
  ["HTTPServer", "https_erver"],
  ["aURLOf", "a_url_of"],
  ["", ""],
])("%s is %s in snake case", (name, snake) => {
  expect(snakeCase(name)).toBe(snake);
});

test("health is shown byte for byte, a node that failed with its error in the column", () => {
  expect(healthText(service(answered("n1", { status: "ok" }), answered<{ status: string }>("n2", down)))).toBe(
    "service  go.micro.srv.greeter\n\nversion latest\n\nnode\t\taddress:port\t\tstatus\nn1\t\tn1:1\t\tok\n" +
      'n2\t\tn2:1\t\t{"id":"go.micro.client","code":503,"detail":"connection refused","status":"Service Unavailable"}',
  );
});

test("health may be painted without other changes", () => {
  const text = healthText(service(answered("n1", { status: "ok" })), (status, healthy) => `<${status} ${healthy}>`);
  expect(text).toMatch(/\tn1:1\t\t<ok true>$/);
});

const started = new Date(2020, 0, 2, 15, 4, 5).getTime() / 1000;
const numbers = {
  timestamp: 0n,
  started: BigInt(started),
  uptime: 3_723n,
  memory: 12_939_428n,
  threads: 17n,
  gc: 1_200_000n,
  requests: 5n,
  errors: 1n,
};

test("statistics are shown byte for byte, cells of a node that failed empty", () => {
  expect(statsText(service(answered("n1", numbers), answered<typeof numbers>("n2", down)))).toBe(
    "service  go.micro.srv.greeter\n\nversion latest\n\nnode\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc\n" +
      "n1\t\tn1:1\t\tJan 2 15:04:05\t1h2m3s\t12.34mb\t17\t1.2ms\nn2\t\tn2:1\t\t\t\t\t0\t",
  );
});

test.each([
  [0n, "0.00mb"],
  [131_072n, "0.12mb"], // the middle goes to the even digit
  [393_216n, "0.38mb"],
  [1_048_576n, "1.00mb"],
  [1_048_575n, "1.00mb"],
])("%d bytes are %s", (memory, text) => {
  expect(statsText(service(answered("n", { ...numbers, memory })))).toContain(`\t${text}\t`);
});

test("both as JSON keep numbers whole and errors in parts", () => {
  const failed = { id: "n2", address: "n2:1", error: down.toJSON() };
  expect(
    JSON.parse(healthJson(service(answered("n1", { status: "ok" }), answered<{ status: string }>("n2", down)))),
  ).toEqual({
    service: "go.micro.srv.greeter",
    versions: [{ version: "latest", nodes: [{ id: "n1", address: "n1:1", status: "ok" }, failed] }],
  });
  expect(statsJson(service(answered("n1", { ...numbers, gc: 9_007_199_254_740_993n })))).toContain(
    '\n\t\t\t\t\t"gc": 9007199254740993,\n',
  );
});

test("nodes have a line each in columns parted by tabs", () => {
  expect(nodesText([{ service: "s", version: "1", id: "i", address: "h:1", metadata: { b: "2", a: "1" } }])).toBe(
    "Service\tVersion\tID\tAddress\tMetadata\ns\t1\ti\th:1\ta=1,b=2",
  );
  expect(nodesText([])).toBe("Service\tVersion\tID\tAddress\tMetadata");
});

test("data is JSON indented with tabs", () => {
  expect(dataJson(["a", "b"])).toBe('[\n\t"a",\n\t"b"\n]');
});

test.each([
  ['{"msg":"x"}', '{\n\t"msg": "x"\n}'],
  ["", ""],
  ["plain text", "plain text"],
])("the reply %j is shown as %j", (reply, text) => {
  expect(replyText(bytes(reply))).toBe(text);
});

test("a failed call names service and endpoint before the error's JSON", () => {
  expect(callFailureText("a.b", "C.D", down)).toBe(
    'error calling a.b.C.D: {"id":"go.micro.client","code":503,"detail":"connection refused","status":"Service Unavailable"}',
  );
});

test.each([
  [bytes('{"a":9007199254740993,\n "b": "x\\ny"}\n'), '"body":{"a":9007199254740993,"b": "x\\ny"}'],
  [bytes("hello\n"), '"body":"hello"'],
  [Uint8Array.of(0xff, 0xfe), '"base64":"//4="'],
])("a message is one line of JSON, its body as what it is", (body, member) => {
  const line = messageJson("t", { headers: { "content-type": "x" }, body });
  expect(line).toBe(`{"topic":"t","headers":{"content-type":"x"},${member}}`);
  expect(JSON.parse(line)).toBeTruthy();
});

test("the text of a message is its body, or base64 when that is no text", () => {
  expect(messageText({ headers: {}, body: bytes(' {"a": 1}\n') })).toBe('{"a": 1}');
  expect(messageText({ headers: {}, body: Uint8Array.of(0xff) })).toBe("/w==");
});
