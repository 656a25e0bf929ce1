import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningProcess } from "@micro/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { micro, startGreeter } from "./micro.ts";
import { terminal } from "./terminal.ts";

const name = `go.micro.srv.shell-${randomUUID().slice(0, 8)}`;
const prompt = "micro> ";
let greeter: RunningProcess;
let folder: string;
let history: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "micro-shell-"));
  history = join(folder, "state/history");
  greeter = await startGreeter(name, ["--server_address=127.0.0.1:0"]);
  await eventually(
    () => micro(["list"]),
    ({ out }) => expect(out).toContain(name),
  );
});

afterAll(async () => {
  await greeter.stop();
  await rm(folder, { recursive: true, force: true });
});

it("runs commands one after another, JSON typed bare, until it is left", async () => {
  await using shell = terminal(["cli"], { MICRO_HISTORY: history });
  await shell.see(prompt);
  shell.type(`call ${name} Say.Hello {"name": "Ann B"}\r`);
  await shell.see('\t"msg": "Hello Ann B"');
  await shell.see(prompt);
  shell.type(`get ${name}\r`);
  await shell.see(`service  ${name}`);
  await shell.see(prompt);
  shell.type("ls\r");
  await shell.see(`${name}\r\n`);
  await shell.see(prompt);
  shell.type("exit\r");
  expect(await shell.ended).toBe(0);
});

it("says what is wrong with a line and goes on", async () => {
  await using shell = terminal(["cli"], { MICRO_HISTORY: history });
  await shell.see(prompt);
  shell.type("helth x\r");
  await shell.see('unknown command "helth"; did you mean health?');
  await shell.see(prompt);
  shell.type(`call ${name} Say.Fail\r`);
  await shell.see(`error calling ${name}.Say.Fail: {"id":`);
  await shell.see(prompt);
  shell.type("\u0004");
  expect(await shell.ended).toBe(0);
});

it("completes commands, services and endpoints with Tab", async () => {
  await using shell = terminal(["cli"], { MICRO_HISTORY: history });
  await shell.see(prompt);
  shell.type("cal\t");
  await shell.see("call ");
  shell.type(`${name.slice(0, -2)}\t`);
  await shell.see(`${name} `);
  shell.type("Say.He\t");
  await shell.see("Say.Hello ");
  shell.type('{"name":"Tab"}\r');
  await shell.see("Hello Tab");
  shell.type("\u0004");
  await shell.ended;
});

it("ends a running command at Ctrl-C, and itself only at Ctrl-D", async () => {
  await using shell = terminal(["cli"], { MICRO_HISTORY: history });
  await shell.see(prompt);
  shell.type(`subscribe ${name}.nothing\r`);
  await shell.see("subscribed to");
  shell.type("\u0003");
  await shell.see(prompt);
  shell.type("half a line\u0003");
  shell.type("list nodes\r");
  await shell.see("Service\tVersion");
  await shell.see(prompt);
  shell.type("\u0004");
  expect(await shell.ended).toBe(0);
});

it("keeps lines for the next run, in a file that only its owner reads", async () => {
  const lines = (await readFile(history, "utf8")).split("\n");
  expect(lines).toContain(`get ${name}`);
  expect((await stat(history)).mode & 0o777).toBe(0o600);
  await writeFile(history, "list services\nstats nobody\n", { mode: 0o644 });
  await using shell = terminal(["cli"], { MICRO_HISTORY: history });
  await shell.see(prompt);
  shell.type("\u001b[A");
  await shell.see("stats nobody");
  shell.type("\r");
  await shell.see("service not found: nobody");
  shell.type("\u0004");
  await shell.ended;
  expect((await readFile(history, "utf8")).split("\n")).toEqual(["list services", "stats nobody", ""]);
});

it("shows failures in colour on a terminal and nowhere else", async () => {
  await using shell = terminal(["cli"], { MICRO_HISTORY: "" });
  await shell.see(prompt);
  shell.type("get nobody\r");
  await shell.see("\u001b[31mservice not found: nobody in registry mdns\u001b[39m");
  shell.type(`health ${name}\r`);
  await shell.see("\u001b[32mok\u001b[39m");
  shell.type("\u0004");
  await shell.ended;
  expect((await micro(["health", name])).out).not.toContain("\u001b");
  expect((await micro(["health", name], { env: { FORCE_COLOR: "1" } })).out).toContain("\u001b[32mok");
});

it("runs lines from a pipe without a prompt, with exit code 1 when one failed", async () => {
  const good = await micro(["cli"], { input: `call ${name} Say.Hello {"name":"pipe"}\n\nhelp\n` });
  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toMatch(/^\{\n\t"msg": "Hello pipe"\n\}\n {2}list +list the services/);
  const bad = await micro(["cli"], { input: "get nobody\nquit\nlist\n" });
  expect(bad).toEqual({ code: 1, out: "", err: "service not found: nobody in registry mdns\n" });
});
