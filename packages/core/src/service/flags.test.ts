import { describe, expect, expectTypeOf, test } from "vitest";
import { ConfigError } from "../words/plugin.ts";
import { type FlagInput, parseFlags, withDefaults } from "./flags.ts";

const table = [
  { name: "registry", type: "string", help: "h", env: "MICRO_REGISTRY", default: "mdns" },
  { name: "registry_address", type: "list", help: "h", env: "MICRO_REGISTRY_ADDRESS" },
  { name: "server_metadata", type: "pairs", help: "h", env: "MICRO_SERVER_METADATA" },
  { name: "client_retries", type: "int", help: "h", env: "MICRO_CLIENT_RETRIES", default: 1, min: 0, max: 100 },
  { name: "register_ttl", type: "int", help: "h", placeholder: "SECONDS" },
  { name: "client_request_timeout", type: "duration", help: "h", env: "MICRO_CLIENT_REQUEST_TIMEOUT" },
  { name: "cache", type: "boolean", help: "h", env: "MICRO_CACHE" },
  { name: "output", type: "string", help: "h", aliases: ["o"], choices: ["json", "raw"] },
  { name: "store", type: "string", help: "h", env: "MICRO_STORE", ignored: true },
  { name: "runtime", type: "string", help: "h", env: "MICRO_RUNTIME", ignored: true },
] as const;

type Environment = NonNullable<FlagInput["env"]>;
const parse = (argv: readonly string[], env: Environment = {}) => parseFlags(table, { argv, env, program: "user-srv" });
const valuesOf = (argv: readonly string[], env?: Environment) => parse(argv, env).values;
const fails = (argv: readonly string[], message: string, env?: Environment) =>
  expect(() => parse(argv, env)).toThrow(new ConfigError(message));

describe("types", () => {
  test("values are typed from the table", () => {
    const { values } = parse([]);
    expectTypeOf(values.registry_address).toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf(values.registry).toEqualTypeOf<string | undefined>();
    expectTypeOf(values.client_retries).toEqualTypeOf<number | undefined>();
    expectTypeOf(values.cache).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(values.output).toEqualTypeOf<"json" | "raw" | undefined>();
    expectTypeOf(values.server_metadata).toEqualTypeOf<Readonly<Record<string, string>> | undefined>();
    expectTypeOf(values).not.toHaveProperty("store");
    const settled = withDefaults(table, values);
    expectTypeOf(settled.registry).toEqualTypeOf<string>();
    expectTypeOf(settled.cache).toEqualTypeOf<boolean | undefined>();
  });
});

describe("names", () => {
  test.each([[["--registry", "etcd"]], [["--registry=etcd"]], [["-registry", "etcd"]], [["-registry=etcd"]]])(
    "%j sets the registry",
    (argv) => expect(valuesOf(argv)).toEqual({ registry: "etcd" }),
  );

  test("dashes stand for underscores", () => {
    expect(valuesOf(["--client-retries=2", "-register-ttl", "60"])).toEqual({ client_retries: 2, register_ttl: 60 });
  });

  test("an alias is the flag", () => {
    expect(valuesOf(["-o", "raw"])).toEqual({ output: "raw" });
  });

  test("an unknown flag is an error that names the nearest", () => {
    fails(["--registy=etcd"], "unknown flag --registy; did you mean --registry? user-srv --help lists all");
    fails(
      ["-registry-adress", "x"],
      "unknown flag -registry-adress; did you mean --registry_address? user-srv --help lists all",
    );
    fails(["--verbose"], "unknown flag --verbose; user-srv --help lists all");
    fails(["--no-registry"], "unknown flag --no-registry; did you mean --registry? user-srv --help lists all");
    fails(["---registry=x"], "unknown flag ---registry; did you mean --registry? user-srv --help lists all");
  });

  test("an unknown flag cannot break the line", () => {
    fails(["--a\nb"], 'unknown flag "--a\\nb"; user-srv --help lists all');
  });

  test("what stands in the prototype of objects is no flag", () => {
    fails(["--constructor=1"], "unknown flag --constructor; user-srv --help lists all");
  });
});

describe("precedence", () => {
  test("a flag goes before the environment, and each says where it came from", () => {
    const { values, sources } = parse(["-registry=etcd", "--no-cache"], {
      MICRO_REGISTRY: "consul",
      MICRO_CLIENT_RETRIES: "3",
    });
    expect(values).toEqual({ registry: "etcd", client_retries: 3, cache: false });
    expect(sources).toEqual({ registry: "-registry", client_retries: "MICRO_CLIENT_RETRIES", cache: "--no-cache" });
  });

  test("what nobody sets is absent", () => {
    expect(Object.keys(valuesOf([]))).toEqual([]);
  });

  test("an empty variable counts as unset", () => {
    expect(valuesOf([], { MICRO_REGISTRY: "", MICRO_CLIENT_RETRIES: " ", MICRO_CACHE: "" })).toEqual({});
  });

  test("an empty flag unsets a string or list whatever the environment says", () => {
    const env = { MICRO_REGISTRY: "etcd", MICRO_REGISTRY_ADDRESS: "a:1", MICRO_SERVER_METADATA: "a=1" };
    expect(valuesOf(["--registry=", "--registry_address", "", "--server_metadata="], env)).toEqual({});
  });

  test("options of the program go before defaults and after flags", () => {
    const { values } = parse(["--registry=etcd"]);
    expect(withDefaults(table, values, { client_retries: 5, registry: "memory" })).toEqual({
      registry: "etcd",
      client_retries: 5,
    });
    expect(withDefaults(table, {})).toEqual({ registry: "mdns", client_retries: 1 });
  });

  test("the last of several wins", () => {
    expect(valuesOf(["--registry=a", "--registry=b", "--cache", "--cache=false"])).toEqual({
      registry: "b",
      cache: false,
    });
  });
});

describe("values", () => {
  test("a list splits at commas, and a repeated flag adds to it", () => {
    const argv = ["--registry_address=a:1, b:2,,", "--registry_address", "c:3"];
    expect(valuesOf(argv)).toEqual({ registry_address: ["a:1", "b:2", "c:3"] });
    expect(valuesOf([], { MICRO_REGISTRY_ADDRESS: "a:1,b:2" })).toEqual({ registry_address: ["a:1", "b:2"] });
  });

  test("a list flag replaces the list of the environment", () => {
    expect(valuesOf(["--registry_address=c:3"], { MICRO_REGISTRY_ADDRESS: "a:1,b:2" })).toEqual({
      registry_address: ["c:3"],
    });
  });

  test("pairs come one a flag, or as a comma list in the environment", () => {
    expect(valuesOf(["--server_metadata", "a=1,2", "--server_metadata=b=x=y", "--server_metadata=a="])).toEqual({
      server_metadata: { a: "", b: "x=y" },
    });
    expect(valuesOf([], { MICRO_SERVER_METADATA: "a=1, b=x=y" })).toEqual({ server_metadata: { a: "1", b: "x=y" } });
    fails(["--server_metadata=zone"], '--server_metadata is "zone"; expected key=value');
    fails(["--server_metadata==1"], '--server_metadata is "=1"; expected key=value');
  });

  test("a pair named like a property of all objects is a pair", () => {
    const { server_metadata } = valuesOf(["--server_metadata=__proto__=1"]);
    expect(Object.entries(server_metadata ?? {})).toEqual([["__proto__", "1"]]);
  });

  test.each([
    ["0", 0],
    ["7", 7],
    ["+7", 7],
    ["0x1F", 31],
    ["0b101", 5],
    ["0o17", 15],
    [" 7 ", 7],
  ])("%j is the whole number %d", (text, value) => {
    expect(valuesOf([`--client_retries=${text}`])).toEqual({ client_retries: value });
    expect(valuesOf([], { MICRO_CLIENT_RETRIES: text })).toEqual({ client_retries: value });
  });

  test.each(["", "x", "1.5", "1e3", "007", "0x", "9007199254740993", "1 2", "Infinity"])(
    "%j is no whole number",
    (text) => {
      fails(
        [`--client_retries=${text}`],
        `--client_retries is ${JSON.stringify(text)}; expected a whole number, such as 10 or 0xa`,
      );
    },
  );

  test("an error about a number says its unit", () => {
    fails(["--register_ttl=30s"], '--register_ttl is "30s"; expected a whole number of seconds, such as 10 or 0xa');
  });

  test("numbers stay within their bounds", () => {
    fails(["--client_retries", "-1"], '--client_retries is "-1"; expected at least 0');
    fails(["--client_retries=101"], '--client_retries is "101"; expected at most 100');
    expect(valuesOf(["--client_retries=100", "--register_ttl=-5"])).toEqual({ client_retries: 100, register_ttl: -5 });
  });

  test("a duration becomes milliseconds", () => {
    expect(valuesOf(["--client_request_timeout=1m30s"])).toEqual({ client_request_timeout: 90_000 });
    expect(valuesOf(["--client_request_timeout=0"])).toEqual({ client_request_timeout: 0 });
    expect(() => parse(["--client_request_timeout=30"])).toThrow(
      /^--client_request_timeout: "30" lacks a unit; expected/,
    );
    fails(["--client_request_timeout", "-5s"], '--client_request_timeout is "-5s"; expected at least 0s');
  });

  test("a duration longer than a timer can wait is an error", () => {
    fails(["--client_request_timeout=1000h"], '--client_request_timeout is "1000h"; expected at most 596h31m23.647s');
  });

  test.each([
    [["--cache"], true],
    [["--cache=true"], true],
    [["--cache=1"], true],
    [["--cache=T"], true],
    [["--cache=false"], false],
    [["--cache=0"], false],
    [["--no-cache"], false],
    [["--no_cache"], false],
  ])("%j gives %s", (argv, value) => expect(valuesOf(argv)).toEqual({ cache: value }));

  test("a boolean flag does not take the next argument", () => {
    const { values, rest } = parse(["--cache", "false"]);
    expect(values).toEqual({ cache: true });
    expect(rest).toEqual(["false"]);
  });

  test("a boolean that is neither true nor false is an error", () => {
    fails(["--cache=yes"], '--cache is "yes"; expected true or false');
    fails([], 'MICRO_CACHE is "on"; expected true or false', { MICRO_CACHE: "on" });
  });

  test("a choice matches in any case, and another text is an error that lists them", () => {
    expect(valuesOf(["--output=JSON"])).toEqual({ output: "json" });
    fails(["--output=xml"], '--output is "xml"; expected json or raw');
  });

  test("an error shows a long value in part and on one line", () => {
    const long = `\n${"x".repeat(200)}`;
    fails([`--output=${long}`], `--output is "\\n${"x".repeat(79)}…"; expected json or raw`);
  });
});

describe("arguments", () => {
  test("a flag without its value is an error", () => {
    fails(["--registry"], "--registry needs a value");
    fails(
      ["--registry", "--cache"],
      '--registry needs a value, but "--cache" follows; a value that begins with a dash is written --registry=--cache',
    );
    expect(valuesOf(["--registry=--cache"])).toEqual({ registry: "--cache" });
  });

  test("a lone dash and a negative number are values", () => {
    expect(valuesOf(["--registry", "-"])).toEqual({ registry: "-" });
    expect(parse(["-", "-1", "-.5"]).rest).toEqual(["-", "-1", "-.5"]);
  });

  test("what is no flag comes back in order", () => {
    expect(parse(["call", "--registry=etcd", "Say.Hello", '{"name":"x"}']).rest).toEqual([
      "call",
      "Say.Hello",
      '{"name":"x"}',
    ]);
  });

  test("two dashes end the flags", () => {
    const { values, rest } = parse(["--cache", "--", "--registry=etcd", "--", "-h"]);
    expect(values).toEqual({ cache: true });
    expect(rest).toEqual(["--registry=etcd", "--", "-h"]);
  });

  test("a program with commands can stop at the command", () => {
    const argv = ["--registry", "etcd", "call", "--unknown", "--help"];
    const { values, rest, help } = parseFlags(table, { argv, env: {}, program: "micro", stopAtPositional: true });
    expect({ values, rest, help }).toEqual({
      values: { registry: "etcd" },
      rest: ["call", "--unknown", "--help"],
      help: false,
    });
  });

  test.each(["-h", "-help", "--help"])("%s asks for help, whatever else is wrong", (flag) => {
    expect(parse(["--unknown", "--client_retries=x", flag], { MICRO_CACHE: "on" })).toMatchObject({
      help: true,
      values: {},
    });
  });
});

describe("flags without effect", () => {
  test("are taken with their value and warned of in one line", () => {
    const { values, rest, warnings } = parse(["--store", "memory"], { MICRO_RUNTIME: "kubernetes" });
    expect(values).toEqual({});
    expect(rest).toEqual([]);
    expect(warnings).toEqual(["--store and MICRO_RUNTIME have no effect here"]);
    expect(parse(["-store=x"]).warnings).toEqual(["-store has no effect here"]);
    expect(parse([]).warnings).toEqual([]);
  });
});
