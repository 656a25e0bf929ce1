import { expect, test } from "vitest";
import { formatHelp } from "./flag-help.ts";

const table = [
  {
    name: "registry",
    type: "string",
    help: "where services are found",
    env: "MICRO_REGISTRY",
    placeholder: "NAME",
    default: "mdns",
    group: "Registry",
  },
  {
    name: "registry_address",
    type: "list",
    help: "addresses of the registry",
    env: "MICRO_REGISTRY_ADDRESS",
    group: "Registry",
  },
  {
    name: "drain_timeout",
    type: "duration",
    help: "how long calls in flight may take to finish when the service stops",
    default: 90_000,
  },
  { name: "cache", type: "boolean", help: "keep answers", default: true },
  { name: "output", type: "string", help: "form", aliases: ["o"], choices: ["json", "raw"] },
  { name: "store", type: "string", help: "store", ignored: true },
  { name: "auth_provider_client_secret", type: "string", help: "secret", ignored: true },
] as const;

test("help is an aligned table with groups, environment, defaults and choices", () => {
  expect(formatHelp(table, { program: "user-srv", summary: "Finds users.", width: 80 })).toBe(`Usage: user-srv [flags]

Finds users.

Registry
  --registry NAME           where services are found (default mdns)
                            [$MICRO_REGISTRY]
  --registry_address A,B,…  addresses of the registry [$MICRO_REGISTRY_ADDRESS]

Flags
  --drain_timeout DURATION  how long calls in flight may take to finish when the
                            service stops (default 1m30s)
  --[no-]cache              keep answers (default true)
  -o, --output TEXT         form: json, raw

Taken for the sake of go-micro start scripts, without effect
  --store --auth_provider_client_secret
`);
});

test("in a narrow terminal long names take a line of their own", () => {
  const help = formatHelp(table, { program: "p", usage: "[flags] NAME", width: 44 });
  expect(help).toContain("Usage: p [flags] NAME\n");
  expect(help).toContain("  --drain_timeout DURATION\n                 how long calls in flight\n");
  for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(44);
});

test("a table without flags is only a usage line", () => {
  expect(formatHelp([], { program: "p" })).toBe("Usage: p [flags]\n");
});
