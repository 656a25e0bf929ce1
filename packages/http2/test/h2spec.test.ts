import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accept } from "../src/socket.ts";

// h2spec, the conformance test of HTTP/2 servers, built from its sources at the versions in h2spec/go.sum.

const run = promisify(execFile);
const sources = fileURLToPath(new URL("./h2spec/", import.meta.url));
const cache = fileURLToPath(new URL("../node_modules/.cache/h2spec/", import.meta.url));
const binary = `${cache}h2spec-2.2.1`;

const why = await whyNot();
if (why) {
  if (process.env.CI === "true") throw new Error(`h2spec cannot run: ${why}`);
  console.warn(`SKIPPED: h2spec against our HTTP/2 server: ${why}`);
}

/** Builds h2spec unless that was done before; gives the reason when it cannot. */
async function whyNot(): Promise<string | undefined> {
  try {
    await access(binary);
    return undefined;
  } catch {
    // Not built yet.
  }
  try {
    await mkdir(cache, { recursive: true });
    const options = { cwd: sources, env: { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" } };
    await run("go", ["build", "-o", binary, "github.com/summerwind/h2spec/cmd/h2spec"], options);
    return undefined;
  } catch (reason) {
    return `\`go build\` failed: ${(reason as Error).message.split("\n", 3).join(" ")}`;
  }
}

describe.skipIf(why)("h2spec", () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((socket) => {
      accept(socket, {
        onStream: (stream) => {
          stream.handler = {
            onEnd: () => {
              stream.respond([":status", "200"]);
              stream.write(Buffer.from("enough bytes to be split by a small window"), true);
            },
          };
        },
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  it.each([
    ["generic", 44],
    ["http2", 95],
    ["hpack", 7],
  ])("passes section %s with all its %i cases, the strict ones included", async (section, cases) => {
    const { port } = server.address() as AddressInfo;
    const args = [section, "--host", "127.0.0.1", "--port", String(port), "--strict", "--timeout", "5"];
    // h2spec exits with 1 when a case fails; what it printed says which.
    const { stdout } = await run(binary, args).catch((reason: { stdout: string }) => reason);
    const [, total, passed, skipped, failed] =
      /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(stdout) ?? [];
    expect({ skipped, failed }, stdout).toEqual({ skipped: "0", failed: "0" });
    expect([passed, total]).toEqual([String(cases), String(cases)]);
  });
});
