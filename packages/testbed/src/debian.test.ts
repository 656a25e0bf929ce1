import { afterEach, describe, expect, it, vi } from "vitest";
import { ensureDebian, requireServer } from "./debian.ts";

afterEach(() => vi.unstubAllEnvs());

describe("ensureDebian", () => {
  it("is content with programs that are there, however they came", async () => {
    expect(await ensureDebian(["no-such-package"], { commands: ["sh", "cat"] })).toBeUndefined();
  });

  it("says why it cannot install", async () => {
    vi.stubEnv("PATH", "/nowhere");
    expect(await ensureDebian(["etcd-server"])).toBe("no apt-get here to install etcd-server");
  });
});

describe("requireServer", () => {
  const missing = { name: "a server that nobody has", packages: ["no-such-package"], commands: ["no-such-program"] };

  it("says in one loud line that tests are skipped", async () => {
    vi.stubEnv("PATH", "/nowhere");
    vi.stubEnv("CI", "");
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await requireServer(missing)).toBe(false);
    expect(written.mock.calls).toEqual([
      ["\nSKIPPED, NOT TESTED: a server that nobody has is missing: no apt-get here to install no-such-package\n"],
    ]);
    written.mockRestore();
  });

  it("fails instead in continuous integration", async () => {
    vi.stubEnv("PATH", "/nowhere");
    vi.stubEnv("CI", "true");
    await expect(requireServer(missing)).rejects.toThrow(/SKIPPED, NOT TESTED: a server that nobody has/);
  });
});
