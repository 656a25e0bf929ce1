import { decodeRecord, type ServiceRecord } from "@micro/core";
import { expect, test } from "vitest";
import { serviceText } from "./service-text.ts";

const greeter: ServiceRecord = {
  name: "go.micro.srv.greeter",
  version: "latest",
  metadata: {},
  endpoints: [
    {
      name: "Say.Hello",
      request: { name: "Request", type: "Request", values: [{ name: "name", type: "string", values: [] }] },
      response: { name: "Response", type: "Response", values: [{ name: "msg", type: "string", values: [] }] },
      metadata: {},
    },
  ],
  nodes: [
    {
      id: "go.micro.srv.greeter-5c1e",
      address: "10.0.0.5:43001",
      metadata: { server: "grpc", registry: "etcd", protocol: "grpc" },
    },
  ],
};

test("a record is shown byte for byte as go-micro's tools show it, metadata in the order of its keys", () => {
  expect(serviceText([greeter])).toBe(
    [
      "service  go.micro.srv.greeter",
      "",
      "version latest",
      "",
      "ID\tAddress\tMetadata",
      "go.micro.srv.greeter-5c1e\t10.0.0.5:43001\tprotocol=grpc,registry=etcd,server=grpc",
      "",
      "Endpoint: Say.Hello",
      "",
      "Request: {",
      "\tname string",
      "}",
      "",
      "Response: {",
      "\tmsg string",
      "}",
      "",
    ].join("\n"),
  );
});

test("each version has its block, and endpoints come from the first", () => {
  const second = { ...greeter, version: "2", nodes: [{ id: "n2", address: "h:2", metadata: {} }] };
  const text = serviceText([greeter, second]);
  expect(text).toContain("server=grpc\n\nversion 2\n\nID\tAddress\tMetadata\nn2\th:2\t\n\nEndpoint: Say.Hello\n");
  expect(text.match(/Endpoint/g)).toHaveLength(1);
});

test("a record without a version has no line for it", () => {
  expect(serviceText([{ ...greeter, version: "", endpoints: [] }])).toMatch(
    /^service {2}\S+\n\nID\tAddress\tMetadata\n/,
  );
});

test("an endpoint's metadata has a line, and messages without fields are {}", () => {
  const endpoint = { name: "A.B", request: undefined, response: undefined, metadata: { stream: "true", a: "=" } };
  expect(serviceText([{ ...greeter, endpoints: [endpoint, endpoint] }])).toMatch(
    /\n\nEndpoint: A\.B\n\nMetadata: a==,stream=true\n\nRequest: \{\}\n\nResponse: \{\}\n\n\nEndpoint: A\.B\n/,
  );
});

test("messages within messages are indented, names in snake case", () => {
  const leaf = { name: "createdTime", type: "int64", values: [] };
  const user = { name: "UserInfo", type: "UserInfo", values: [leaf, { name: "inner", type: "Inner", values: [leaf] }] };
  const request = { name: "Request", type: "Request", values: [user, leaf] };
  const endpoint = { name: "A.B", request, response: undefined, metadata: {} };
  expect(serviceText([{ ...greeter, endpoints: [endpoint] }])).toContain(
    "Request: {\n\tuser_info UserInfo {\n\t\tcreated_time int64\n\t\tinner Inner {\n\t\t\tcreated_time int64\n\t\t}\n\t}\n\tcreated_time int64\n}\n",
  );
});

test("no record has no text", () => {
  expect(serviceText([])).toBe("");
  expect(serviceText([decodeRecord('{"name":"x"}')])).toBe("service  x\n\nID\tAddress\tMetadata");
});
