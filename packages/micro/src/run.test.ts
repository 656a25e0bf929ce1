import { expect, test } from "vitest";
import { runMicro } from "./run.ts";

async function micro(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const code = await runMicro({
    argv,
    env: {},
    out: (text) => {
      texts.out += String(text);
    },
    err: (text) => {
      texts.err += text;
    },
  });
  return { code, ...texts };
}

test.each([["--version"], ["-v"]])("%s prints the version", async (flag) => {
  expect(await micro(flag)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^micro version \d+\.\d+\.\d+\n$/),
    err: "",
  });
});

test.each([[["--help"]], [["-h"]], [["help"]]])("%j lists commands and global flags", async (argv) => {
  const { code, out } = await micro(...argv);
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}api +run the API gateway/m);
  expect(out).toMatch(/^ {2}list +list the services/m);
  expect(out).toMatch(/--registry NAME/);
});

test("the help of a command shows how it is typed, examples, and its flags before those of all", async () => {
  const { code, out } = await micro("call", "--help");
  expect(code).toBe(0);
  expect(out).toMatch(/^Usage: micro call SERVICE ENDPOINT \[JSON\] \[flags\]\n/);
  expect(out).toMatch(/\nExamples\n {2}micro call go\.micro\.srv\.greeter Say\.Hello/);
  expect(out.indexOf("--metadata")).toBeLessThan(out.indexOf("--registry NAME"));
  expect(out).toContain("$MICRO_METADATA");
});

test.each([
  [
    ["help", "call"],
    ["call", "--help"],
  ],
  [
    ["call", "--help", "--no-such-flag"],
    ["call", "--help"],
  ],
  [
    ["--registry=memory", "get", "--help"],
    ["get", "--help"],
  ],
  [
    ["help", "registry", "get"],
    ["registry", "get", "--help"],
  ],
])("%j shows the same as %j", async (argv, same) => {
  expect(await micro(...argv)).toEqual(await micro(...same));
});

test("a word that groups commands lists them", async () => {
  const { code, out } = await micro("registry", "--help");
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}deregister +remove nodes/m);
});

test("the help of the gateway lists its flags", async () => {
  const { code, out } = await micro("api", "--help");
  expect(code).toBe(0);
  expect(out).toContain("$MICRO_API_ADDRESS");
});

test.each([
  [[], "no command given"],
  [["apj"], 'unknown command "apj"; did you mean api?'],
  [["lst"], 'unknown command "lst"; did you mean list?'],
  [["registry"], "micro registry needs a command behind it: list, get, register, deregister"],
  [["registry", "lst"], 'unknown command "lst"; did you mean list? micro registry --help lists all'],
  [["--regisry=etcd", "api"], "unknown flag --regisry; did you mean --registry?"],
  [["list", "--regisry=etcd"], "unknown flag --regisry; did you mean --registry? micro list --help lists all"],
  [["list", "routes", "--registry=memory"], 'cannot list "routes"; expected services or nodes'],
  [["list", "--output=xml"], '--output is "xml"; expected text or json'],
  [["list", "--registry=consul"], '--registry: registry "consul" is not known here; known are mdns, memory, etcd'],
  [
    ["publish", "t", "{}", "--broker=kafka", "--registry=memory"],
    'broker "kafka" is not known here; known are http, memory',
  ],
  [["get", "--registry=memory"], "missing the service's name; expected such as: micro get service"],
  [["get", "service", "a", "b", "--registry=memory"], 'unexpected argument "b"'],
  [["call", "a", "--registry=memory"], "missing the endpoint; expected such as: micro call"],
  [["call", "a", "B.C", '{"x":', "--registry=memory"], '{"x": is no JSON: '],
  [["call", "a", "B.C", "[1]", "--registry=memory"], "the request is [1]; expected a JSON object"],
  [["call", "a", "B.C", "--metadata=x"], '--metadata is "x"; expected key=value'],
  [["publish", "t", "--registry=memory"], "missing the message"],
  [["register", "service", "{}", "--registry=memory"], "this is no service record: name:"],
  [["register", '{"name":"a"}', "--registry=memory"], "service a has no nodes"],
  [
    ["register", '{"name":"a","nodes":[{"id":"1"}]}', "--registry=memory"],
    "nodes[0] of service a lacks its id or address",
  ],
  [
    ["deregister", '{"name":"a","nodes":[{"id":"1","address":"h:1"}]}', "--registry=memory"],
    "only that one can take it back",
  ],
  [["completion", "tcsh"], 'cannot complete for "tcsh"; expected bash, zsh or fish'],
  [["api", "--handlr=rpc"], "unknown flag --handlr; did you mean --handler?"],
  [["api", "rpc"], 'unexpected argument "rpc"'],
])("%j is one line on standard error and exit code 2", async (argv, line) => {
  const { code, out, err } = await micro(...argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^micro: [^\n]*\n$/);
  expect(err).toContain(line);
});

test.each([
  [["get", "service", "nobody"], "micro: service not found: nobody in registry memory\n"],
  [["health", "nobody"], "micro: service not found: nobody in registry memory\n"],
  [["stats", "nobody"], "micro: service not found: nobody in registry memory\n"],
  [
    ["call", "nobody", "A.B"],
    'error calling nobody.A.B: {"id":"go.micro.client","code":404,"detail":"service nobody not found in registry memory","status":"Not Found"}\n',
  ],
  [
    ["stream", "nobody", "A.B"],
    'error receiving from nobody.A.B: {"id":"go.micro.client","code":404,"detail":"service nobody not found in registry memory","status":"Not Found"}\n',
  ],
])("%j of a service that nobody offers is exit code 1", async (argv, err) => {
  expect(await micro(...argv, "--registry=memory")).toEqual({ code: 1, out: "", err });
});

test.each([
  [["--registry=memory", "list", "services"]],
  [["list", "--registry", "memory", "services"]],
  [["list", "services", "-registry=memory"]],
  [["registry", "--registry=memory", "list", "services"]],
  [["--output=json", "list", "services", "--registry=memory"]],
])("%j takes its flags before and behind the command", async (argv) => {
  const { code, out, err } = await micro(...argv);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(argv[0] === "--output=json" ? "[]\n" : "");
});

test("a flag of services that means nothing to the command is taken with a word", async () => {
  expect(await micro("--server_name=x", "list", "--registry=memory")).toEqual({
    code: 0,
    out: "",
    err: "micro: --server_name has no effect here\n",
  });
});
