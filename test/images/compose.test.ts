import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireServer } from "@micro/testbed";
import { beforeAll, describe, expect, it } from "vitest";
import { programs, root, userClient } from "./programs.ts";

const run = promisify(execFile);
const compose = await findCompose();

describe.skipIf(!compose)("docker/compose.yaml", () => {
  let settled: string;
  beforeAll(async () => {
    const [command = "", ...args] = compose ?? [];
    // Fails on keys and values that Compose does not know.
    settled = (await run(command, [...args, "--file", "docker/compose.yaml", "config"], { cwd: root })).stdout;
  });

  it("builds the images of the servers from their Dockerfiles", async () => {
    const named = [...settled.matchAll(/^ +dockerfile: (\S+)$/gm)].map(([, path]) => path);
    const servers = programs.filter((program) => program !== userClient);
    expect([...new Set(named)].sort()).toEqual(servers.map(({ dockerfile }) => dockerfile).sort());
    for (const { dockerfile } of servers) await access(join(root, dockerfile));
  });

  it("has three etcd members that keep their data, and a user-srv on each", () => {
    for (const member of [1, 2, 3]) {
      expect(part(settled, `etcd-${member}`)).toMatch(
        new RegExp(`etcd-${member}:/var/lib/etcd|source: etcd-${member}$`, "m"),
      );
      expect(part(settled, `user-srv-${member}`)).toContain(`MICRO_REGISTRY_ADDRESS: etcd-${member}:2379`);
    }
  });

  it("publishes the gateway alone", () => {
    expect(settled.match(/^ +ports:$/gm)).toHaveLength(1);
    expect(part(settled, "gateway")).toMatch(/^ +(- )?published: "?8080"?$/m);
  });

  it("waits for health before it starts what needs it, and starts again what has died", () => {
    const members = [1, 2, 3];
    const services = ["user-api", "gateway", ...members.flatMap((member) => [`etcd-${member}`, `user-srv-${member}`])];
    for (const name of services) {
      const text = part(settled, name);
      expect(text).toContain("restart: unless-stopped");
      if (!name.startsWith("etcd")) expect(text).toContain("condition: service_healthy");
    }
  });
});

/** The lines of one service. */
function part(settled: string, name: string): string {
  const [, services = ""] = `\n${settled}`.split("\nservices:\n");
  const [, rest = ""] = `\n${services}`.split(`\n  ${name}:\n`);
  return rest.split(/^ {0,2}\S/m)[0] ?? "";
}

/** Docker's plugin where it is there, else the older program, installed where that is possible. */
async function findCompose(): Promise<string[] | undefined> {
  try {
    await run("docker", ["compose", "version"]);
    return ["docker", "compose"];
  } catch {
    const name = "docker-compose";
    return (await requireServer({ name, packages: [name], commands: [name] })) ? [name] : undefined;
  }
}
