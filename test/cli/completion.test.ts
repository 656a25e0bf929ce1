import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type RunningProcess, requireServer } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { clearedEnv, micro, microFile, startGreeter } from "./micro.ts";

const run = promisify(execFile);
const zsh = await requireServer({ name: "zsh", packages: ["zsh"], commands: ["zsh"] });
const fish = await requireServer({ name: "fish", packages: ["fish"], commands: ["fish"] });

const name = `go.micro.srv.tab-${randomUUID().slice(0, 8)}`;
let greeter: RunningProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "micro-completion-"));
  await writeFile(join(folder, "micro"), `#!/bin/sh\nexec '${process.execPath}' '${microFile}' "$@"\n`, {
    mode: 0o755,
  });
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

/** Runs a script of a shell that finds `micro` on its path; gives what it wrote, line by line. */
async function lines(shell: string, script: string): Promise<string[]> {
  const env = { ...clearedEnv(), PATH: `${folder}:${process.env.PATH}`, HOME: folder };
  const { stdout } = await run(shell, ["-c", script], { env });
  return stdout.split("\n").filter((line) => line !== "");
}

describe.concurrent("bash", () => {
  const complete = (line: string): Promise<string[]> =>
    lines(
      "bash",
      `source <(micro completion bash); COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _micro 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );

  it("completes commands, services, endpoints and flags", async () => {
    expect(await complete("micro hea")).toEqual(["health"]);
    expect(await complete("micro proto --ch")).toEqual(["--check"]);
    expect(await complete(`micro call ${name.slice(0, -2)}`)).toEqual([name]);
    expect(await complete(`micro call ${name} Say.H`)).toEqual(["Say.Hello"]);
    expect(await complete("micro list --out")).toEqual(["--output="]);
  });

  it("completes the piece behind = alone, as bash splits words there", async () => {
    expect(await complete("micro list --output=j")).toEqual(["json"]);
  });
});

describe.skipIf(!zsh).concurrent("zsh", () => {
  it("takes the script", async () => {
    const script =
      "autoload -Uz compinit && compinit -u -d $HOME/.zcompdump; source <(micro completion zsh); print -r -- $_comps[micro]";
    expect(await lines("zsh", script)).toEqual(["_micro"]);
  });

  it("offers commands with what they do, and flags to be gone on with", async () => {
    const stubs = [
      "autoload -Uz compinit && compinit -u -d $HOME/.zcompdump-stubbed",
      "source <(micro completion zsh)",
      `_describe() { print -rl -- \${(P)3} }`,
      `compadd() { print -rl -- \${@[4,-1]} }`,
      "words=(micro hea); CURRENT=2; _micro",
      "words=(micro list --out); CURRENT=3; _micro",
    ];
    expect(await lines("zsh", stubs.join("\n"))).toEqual([
      "health:ask every node of a service whether it is well",
      "--output=",
    ]);
  });
});

describe.skipIf(!fish).concurrent("fish", () => {
  it("completes commands, services and endpoints", async () => {
    const complete = (line: string): Promise<string[]> =>
      lines("fish", `micro completion fish | source; complete --do-complete '${line}'`);
    expect(await complete("micro hea")).toEqual(["health\task every node of a service whether it is well"]);
    expect(await complete(`micro call ${name} Say.H`)).toEqual(["Say.Hello"]);
    expect(await complete(`micro proto ${folder}/mic`)).toEqual([`${folder}/micro`]);
    expect(await complete(`micro call ${folder}/mic`)).toEqual([]);
  });
});

it.concurrent("a registry that is away completes nothing and says nothing", async () => {
  const env = { MICRO_REGISTRY: "etcd", MICRO_REGISTRY_ADDRESS: "127.0.0.1:1" };
  expect(await micro(["completion", "candidates", "--", "call", ""], { env })).toEqual({ code: 0, out: "", err: "" });
});
