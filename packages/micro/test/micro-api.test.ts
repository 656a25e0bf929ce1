import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type RunningProcess, type StartProcessOptions, startProcess } from "@micro/testbed";
import { afterEach, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../bin/micro.js", import.meta.url));
const local = ["--registry=memory", "--server_address=127.0.0.1:0"];
const onFreePort = "--api_address=127.0.0.1:0";

let running: RunningProcess[] = [];
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  running = [];
});

async function micro(
  argv: readonly string[],
  env: NonNullable<StartProcessOptions["env"]> = {},
): Promise<RunningProcess> {
  const child = await startProcess(process.execPath, [bin, ...argv], { name: "micro", env });
  running.push(child);
  return child;
}

/** The start line, and where it says the gateway listens. */
async function started(child: RunningProcess): Promise<{ line: string; url: string }> {
  const line = await child.waitForLine("HTTP API", { timeoutMs: 15_000 });
  const [, address] = /Listening on (\S+),/.exec(line) ?? [];
  return { line, url: `http://${address}` };
}

test("it says what it listens on and what a path means, answers, and ends in order when asked to", async () => {
  const child = await micro([...local, "api", onFreePort]);
  const { line, url } = await started(child);
  expect(line).toContain("[meta]");
  expect(line).toContain("registry memory");
  expect(line).toContain("/user/say/hello → go.micro.api.user Say.Hello");
  const reply = await fetch(url);
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(await reply.json()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  child.signal("SIGTERM");
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.output()).toMatch(/ "GET \/ HTTP\/1\.1" 200 /);
  expect(child.output()).toMatch(/Registering node: go\.micro\.api-/);
  expect(child.output()).toMatch(/Deregistering node: go\.micro\.api-/);
});

test.each<[string[], Record<string, string>]>([
  [["api", "--namespace=com.acme"], {}],
  [["api", "--namespace=com.acme.api"], {}],
  [["--api_namespace=com.acme.api", "api"], {}],
  [["api"], { MICRO_API_NAMESPACE: "com.acme" }],
  [["api"], { MICRO_API_NAMESPACE: "com.acme.api" }],
])("case 39: %j with %j reaches com.acme.api.user", async (argv, env) => {
  const { line, url } = await started(await micro([...argv, ...local, onFreePort], env));
  expect(line).toContain("→ com.acme.api.user Say.Hello");
  const reply = await fetch(`${url}/user/say/hello`);
  expect(reply.status).toBe(404);
  expect(await reply.text()).toContain("service not found: com.acme.api.user");
});

test("with the namespace domain it says what hosts mean, and does as it says", async () => {
  const { line, url } = await started(await micro(["api", "--namespace=domain", ...local, onFreePort]));
  expect(line).toContain("services staging.api.* for staging.example.com, go.micro.api.* for localhost");
  expect(line).toContain("staging.example.com/user/say/hello → staging.api.user Say.Hello");
  const reply = await fetch(`${url}/user/say/hello`);
  expect(await reply.text()).toContain("service not found: go.micro.api.user");
  const explaining = await micro(["api", "--namespace=domain", ...local, "--explain=/user", "--host=eu.myapp.com"]);
  expect(await explaining.exited).toEqual({ code: 1, signal: null });
  expect(explaining.output()).toMatch(/service +eu\.api\.user\n/);
  expect(explaining.output()).toContain("- host eu.myapp.com tells the namespace: the services are eu.api.*");
});

test("the namespace domain is refused with a resolver that has another use for the host", async () => {
  const flags = ["--namespace=domain", "--resolver=subdomain", "--handler=http", "--base_domain=myapp.com"];
  const child = await micro(["api", ...flags, ...local, onFreePort]);
  expect(await child.exited).toEqual({ code: 2, signal: null });
  expect(child.output()).toMatch(/^[^\n]*resolver subdomain takes the service from there[^\n]*\n$/);
});

test("a port in use is one line and exit code 2", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const child = await micro(["api", ...local, `--address=127.0.0.1:${port}`, "--log_level=error"]);
  expect(await child.exited).toEqual({ code: 2, signal: null });
  expect(child.output()).toMatch(new RegExp(`^[^\\n]*: cannot listen on 127.0.0.1:${port}: the port is in use\\n$`));
  other.close();
});
