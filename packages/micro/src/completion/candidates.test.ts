import { expect, test } from "vitest";
import { commands } from "../commands.ts";
import { sessionFlags } from "../session/session-flags.ts";
import { shellTree } from "../shell/shell-tree.ts";
import { type CompletionTree, candidates } from "./candidates.ts";

const registry = {
  services: async () => ["go.micro.srv.greeter", "go.micro.srv.user"],
  endpoints: async (service: string) => (service === "go.micro.srv.user" ? ["User.Get", "User.List"] : []),
};
const tree: CompletionTree = { commands, flags: sessionFlags, ...registry };

async function texts(line: string, of: CompletionTree = tree): Promise<string[]> {
  const words = line.split(" ");
  return (await candidates(of, words.slice(0, -1), words.at(-1) ?? "")).map(({ text }) => text);
}

test.each([
  ["hea", ["health"]],
  ["re", ["registry", "register"]],
  ["registry g", ["get"]],
  ["list ", ["services", "nodes"]],
  ["call ", ["go.micro.srv.greeter", "go.micro.srv.user"]],
  ["call go.micro.srv.user ", ["User.Get", "User.List"]],
  ["call go.micro.srv.user User.G", ["User.Get"]],
  ["call go.micro.srv.user User.Get ", []],
  ["call --metadata a=b go.micro.srv.user User.L", ["User.List"]],
  ["--registry etcd call go.micro.srv.user User.L", ["User.List"]],
  ["get service go.micro.srv.u", ["go.micro.srv.user"]],
  ["get go", []],
  ["list --out", ["--output="]],
  ["list --output=", ["--output=text", "--output=json"]],
  ["list --output j", ["json"]],
  ["call --output=r", ["--output=raw"]],
  ["list --reg", ["--registry=", "--registry_address="]],
  ["--he", ["--help"]],
  ["completion z", ["zsh"]],
  ["pro", ["proto"]],
  ["proto --ch", ["--check"]],
  ["proto --import_extension=j", ["--import_extension=js"]],
  ["help heal", ["health"]],
  ["nonsense ", []],
])("micro %j may become %j", async (line, expected) => {
  expect(new Set(await texts(line))).toEqual(new Set(expected));
});

test("the shell leaves out the word for the kind of thing", async () => {
  const shell = { ...shellTree, ...registry };
  expect(await texts("get go.micro.srv.u", shell)).toEqual(["go.micro.srv.user"]);
  expect(await texts("qu", shell)).toEqual(["quit"]);
  expect(await texts("help st", shell)).toEqual(["stream", "stats"]);
});
