import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningProcess, spawnNode } from "@micro/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { clearedEnv, micro } from "./micro.ts";
import { install, npm, type PackedPackages, packPackages, usePacked } from "./packed.ts";

// Each run has names of its own, since whoever else is on this network may answer to a common one.
const namespace = `t${process.pid}`;
let packed: PackedPackages;
let parent: string;
// One project installs, and then the others take along what they share with it.
let first: Promise<string> | undefined;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "micro-new-"));
  packed = await packPackages();
});

afterAll(async () => {
  await rm(parent, { recursive: true, force: true });
  await packed?.[Symbol.asyncDispose]();
});

/** A project of a type, installed, built and tested as its README says. */
async function build(folder: string, ...flags: string[]): Promise<string> {
  const made = await micro(["new", folder, `--namespace=${namespace}`, ...flags], { cwd: parent });
  expect(made).toMatchObject({ code: 0, err: "" });
  const project = join(parent, folder);
  await usePacked(project, packed);
  const like = first;
  first ??= install(project).then(() => project);
  if (like) await install(project, await like);
  else await first;
  expect(await npm(project, "test")).toMatch(/^[#ℹ] fail 0$/m);
  return project;
}

async function start(
  project: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningProcess> {
  return await spawnNode(join(project, "dist/main.js"), args, {
    name: project,
    cwd: project,
    env: { ...clearedEnv(), ...env },
  });
}

const local = ["--server_address=127.0.0.1:0"];

// These go on side by side.
it.concurrent("a service installs, builds, passes its tests, runs, and answers calls, streams and messages", async () => {
  const project = await build("user-profile");
  const service = `${namespace}.service.user-profile`;
  await using running = await start(project, local);
  await running.waitForLine(/Registering node/, { timeoutMs: 30_000 });
  await eventually(
    () => micro(["call", service, "UserProfile.Call", '{"name":"Ann"}']),
    ({ out }) => expect(out).toBe('{\n\t"msg": "Hello Ann"\n}\n'),
  );
  expect((await micro(["stream", service, "UserProfile.Stream", '{"count":2}'])).out).toBe(
    '{}\n{\n\t"count": "1"\n}\n',
  );
  expect(await micro(["publish", service, '{"say":"hi"}'])).toEqual({ code: 0, out: "ok\n", err: "" });
  await running.waitForLine("Received message: hi");
  running.signal("SIGTERM");
  expect(await running.exited).toEqual({ code: 0, signal: null });
});

it.concurrent("a function does the same, and ends after its first answer", async () => {
  const project = await build("once", "--type=function");
  await using running = await start(project, local);
  await running.waitForLine(/Registering node/, { timeoutMs: 30_000 });
  await eventually(
    () => micro(["call", `${namespace}.function.once`, "Once.Call", '{"name":"Ann"}']),
    ({ out }) => expect(out).toBe('{\n\t"msg": "Hello Ann"\n}\n'),
  );
  expect(await running.exited).toEqual({ code: 0, signal: null });
});

it.concurrent("an API does the same, and says when the service that it asks is away", async () => {
  const project = await build("shop", "--type=api");
  await using running = await start(project, local);
  await running.waitForLine(/Registering node/, { timeoutMs: 30_000 });
  const request = '{"method":"GET","get":{"name":{"key":"name","values":["Ann"]}}}';
  await eventually(
    () => micro(["call", `${namespace}.api.shop`, "Shop.Call", request]),
    ({ code, err }) => {
      expect(code).toBe(1);
      expect(err).toContain(`service ${namespace}.service.shop not found`);
    },
  );
});

it.concurrent("a web application does the same, and serves its page where the registry says", async () => {
  const project = await build("page", "--type=web");
  await using running = await start(project, [], { MICRO_SERVER_ADDRESS: "127.0.0.1:0" });
  await running.waitForLine(/Listening on http/, { timeoutMs: 30_000 });
  const found = await eventually(
    () => micro(["get", "service", `${namespace}.web.page`, "--output=json"]),
    ({ code }) => expect(code).toBe(0),
  );
  const [{ nodes }] = JSON.parse(found.out);
  expect(await (await fetch(`http://${nodes[0].address}/`)).text()).toContain("<h1>page</h1>");
  running.signal("SIGTERM");
  expect(await running.exited).toEqual({ code: 0, signal: null });
  expect((await micro(["get", `${namespace}.web.page`])).code).toBe(1);
});

it.concurrent("npm create micro makes the same project, and the packed program does what the one here does", async () => {
  const folder = join(parent, "by-create");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), "{}");
  const { "create-micro": create, micro: program } = packed.files;
  await npm(folder, "install", "--prefer-offline", "--no-audit", "--no-fund", create ?? "", program ?? "");
  await npm(folder, "exec", "--", "create-micro", "greeter", `--namespace=${namespace}`);
  const { description } = JSON.parse(await readFile(join(folder, "greeter/package.json"), "utf8"));
  expect(description).toBe(`The service ${namespace}.service.greeter.`);
  expect(await npm(folder, "exec", "--", "micro", "list", "--registry=memory", "--output=json")).toBe("[]\n");
});

it.each([
  [["/abs"], "/abs is an absolute path", 2],
  [["."], ". names no new folder", 2],
  [["9lives"], '"9lives" cannot name a service', 2],
  [["message"], "Message is a message of its own", 2],
  [["x", "--type=lambda"], '--type is "lambda"; expected service, function, api, web, srv or fnc', 2],
  [["x", "y"], 'unexpected argument "y"', 2],
  [[], "missing the folder", 2],
])("new %j writes nothing but why", async (args, why, code) => {
  expect(await micro(["new", ...args], { cwd: parent })).toMatchObject({
    code,
    out: "",
    err: expect.stringContaining(why),
  });
});

it("a folder that exists is left as it is", async () => {
  await mkdir(join(parent, "mine"));
  expect(await micro(["new", "mine"], { cwd: parent })).toEqual({ code: 1, out: "", err: "mine already exists\n" });
});
