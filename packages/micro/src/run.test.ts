import { expect, test } from "vitest";
import { runMicro } from "./run.ts";

async function micro(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const writer =
    (stream: "out" | "err") =>
    (text: string): void => {
      texts[stream] += text;
    };
  const code = await runMicro({ argv, env: {}, out: writer("out"), err: writer("err") });
  return { code, ...texts };
}

test.each([["--version"], ["-v"]])("%s prints the version", async (flag) => {
  expect(await micro(flag)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^micro version \d+\.\d+\.\d+\n$/),
    err: "",
  });
});

test.each([["--help"], ["-h"]])("%s lists commands and global flags", async (flag) => {
  const { code, out } = await micro(flag);
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}api {2}run the API gateway/m);
  expect(out).toMatch(/--registry NAME/);
});

test("the help of a command lists its flags", async () => {
  const { code, out } = await micro("api", "--help");
  expect(code).toBe(0);
  expect(out).toContain("Usage: micro api [flags]");
  expect(out).toContain("$MICRO_API_ADDRESS");
});

test.each([
  [[], "no command given"],
  [["apj"], 'unknown command "apj"; did you mean api?'],
  [["list"], 'unknown command "list"'],
  [["--regisry=etcd", "api"], "unknown flag --regisry; did you mean --registry?"],
  [["api", "--handlr=rpc"], "unknown flag --handlr; did you mean --handler?"],
  [["api", "--handler=cloudevents"], '--handler is "cloudevents"; expected meta, rpc or api'],
  [["--api_handler=cloudevents", "api"], '--api_handler is "cloudevents"; expected meta, rpc or api'],
  [["api", "--resolver=path"], '--resolver is "path"; expected micro'],
  [["api", "--namespace=domain"], "namespace is domain"],
  [["api", "--namespace=a..b"], "namespace is"],
  [["api", "rpc"], 'unexpected argument "rpc"'],
])("%j is one line on standard error and exit code 2", async (argv, line) => {
  const { code, out, err } = await micro(...argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^micro: [^\n]*\n$/);
  expect(err).toContain(line);
});
