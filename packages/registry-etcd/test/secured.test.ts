import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { etcdServer, requireServer } from "@micro/testbed";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { etcd, etcdRegistry } from "../src/index.ts";
import { follow, keepingLogger, type Rig, recordOf, rig } from "./rig.ts";

const available = await requireServer(etcdServer);
const patience = { timeout: 20_000, interval: 20 };

describe.skipIf(!available)("etcdRegistry over TLS", { timeout: 60_000 }, () => {
  let folder: string;
  let secured: Rig;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "micro-etcd-tls-"));
    await certify(folder);
    secured = await rig({ members: 3, tls: { cert: at("server.crt"), key: at("server.key"), clientCa: at("ca.crt") } });
  }, 60_000);
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await secured?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("works with an own authority and a client certificate", async () => {
    const tls = {
      ca: await readFile(at("ca.crt")),
      cert: await readFile(at("client.crt")),
      key: await readFile(at("client.key")),
    };
    const registry = secured.open({ tls });
    await registry.register(recordOf("secret", "secret-1"), { ttlMs: 10_000 });
    const follower = await follow(registry, { service: "secret" });
    expect([...follower.ids]).toEqual(["secret-1"]);
  });

  it("finds the other members over TLS, with the same certificates", async () => {
    const tls = {
      ca: await readFile(at("ca.crt")),
      cert: await readFile(at("client.crt")),
      key: await readFile(at("client.key")),
    };
    const registry = secured.open({ tls, addresses: secured.addresses.slice(0, 1) });
    await registry.register(recordOf("moving", "moving-1"), { ttlMs: 10_000 });
    secured.cluster.members[0]?.freeze();
    try {
      await registry.register(recordOf("moving", "moving-2"), { ttlMs: 10_000 });
      expect(await registry.getService("moving")).toMatchObject([{ nodes: [{ id: "moving-1" }, { id: "moving-2" }] }]);
    } finally {
      secured.cluster.members[0]?.thaw();
    }
  });

  it("takes the same from the environment as a plugin", async () => {
    vi.stubEnv("MICRO_REGISTRY_TLS_CA", at("ca.crt"));
    vi.stubEnv("MICRO_REGISTRY_TLS_CERT", at("client.crt"));
    vi.stubEnv("MICRO_REGISTRY_TLS_KEY", at("client.key"));
    await using registry = await etcd.open({ addresses: secured.addresses, logger: keepingLogger() });
    await registry.register(recordOf("plugged", "plugged-1"));
    expect(await registry.getService("plugged")).toHaveLength(1);
  });

  it("refuses a server whose authority it does not know, and says so", async () => {
    const addresses = secured.addresses.map((address) => `https://${address}`);
    const strangers = [{ addresses }, { addresses, tls: { ca: await readFile(at("other.crt")) } }];
    for (const options of strangers) {
      const registry = secured.open({ ...options, timeoutMs: 1_000 });
      await expect(registry.getService("secret")).rejects.toMatchObject({
        code: 503,
        detail: expect.stringMatching(/https:\/\/127\.0\.0\.1:\d+ \(.*(certificate|self-signed).*\)/),
      });
    }
  });

  it("names the variable of a file that cannot be read, and certificates that are none", async () => {
    vi.stubEnv("MICRO_REGISTRY_TLS_CA", at("missing.crt"));
    await expect((async () => etcd.open({ addresses: [], logger: keepingLogger() }))()).rejects.toThrow(
      /MICRO_REGISTRY_TLS_CA: .*missing\.crt/,
    );
    expect(() => etcdRegistry({ tls: { cert: "no PEM", key: "no PEM" } })).toThrow(/expected PEM/);
    expect(() => etcdRegistry({ tls: { cert: "alone" } })).toThrow(/go together/);
  });
});

describe.skipIf(!available)("etcdRegistry with a user", { timeout: 60_000 }, () => {
  let guarded: Rig;
  const auth = { username: "micro", password: "s3cret/word" };
  beforeAll(async () => {
    guarded = await rig({ args: ["--auth-token-ttl=2"] });
    const { etcdctl } = guarded.cluster;
    await etcdctl("user", "add", "root:root");
    await etcdctl("user", "grant-role", "root", "root");
    await etcdctl("user", "add", `${auth.username}:${auth.password}`);
    await etcdctl("role", "add", "registry");
    await etcdctl("role", "grant-permission", "registry", "--prefix=true", "readwrite", "/micro/registry/");
    await etcdctl("user", "grant-role", auth.username, "registry");
    await etcdctl("auth", "enable");
  }, 60_000);
  afterAll(() => guarded?.close());

  it("logs in again when its token has run out", async () => {
    const registry = guarded.open({ auth });
    expect(await registry.getService("nobody")).toEqual([]);
    await sleep(5_000); // tokens live for 2 seconds, and etcd looks once a second
    expect(await registry.getService("nobody")).toEqual([]);
  });

  it("keeps its watch and its nodes when etcd forgets all tokens", async () => {
    const registry = guarded.open({ auth });
    const follower = await follow(registry, { service: "guarded" });
    await registry.register(recordOf("guarded", "guarded-1"), { ttlMs: 10_000 });
    const [member] = guarded.cluster.members;
    await member?.kill9();
    await member?.start();
    await registry.register(recordOf("guarded", "guarded-2"), { ttlMs: 10_000 });
    await expect.poll(() => follower.told, patience).toEqual(["sync", "create guarded-1", "create guarded-2"]);
  });

  it("takes name and password from the environment or the address", async () => {
    vi.stubEnv("MICRO_REGISTRY_USERNAME", auth.username);
    vi.stubEnv("MICRO_REGISTRY_PASSWORD", auth.password);
    await using plugged = await etcd.open({ addresses: guarded.addresses, logger: keepingLogger() });
    vi.unstubAllEnvs();
    const [address] = guarded.addresses;
    const named = guarded.open({ addresses: [`http://micro:s3cret%2Fword@${address}`] });
    for (const registry of [plugged, named]) expect(await registry.getService("nobody")).toEqual([]);
  });

  it("says that a password is wrong, or missing, without saying which", async () => {
    const logger = keepingLogger();
    const wrong = guarded.open({ auth: { ...auth, password: "pa55word" }, logger });
    const reason = await wrong.register(recordOf("wrong", "wrong-1")).catch((error) => error);
    expect(reason).toMatchObject({ code: 401, detail: expect.stringContaining("authentication failed") });
    await expect(wrong.getService("wrong")).rejects.toMatchObject({ code: 401 });
    await expect(guarded.open().getService("wrong")).rejects.toMatchObject({
      code: 401,
      detail: expect.stringContaining("it wants a user name and a password"),
    });
    expect(JSON.stringify([logger.lines, String(reason)])).not.toContain("pa55word");
  });

  it("says that a user may not, and works as soon as the user may", async () => {
    const { etcdctl } = guarded.cluster;
    await etcdctl("--user=root:root", "user", "add", "guest:guest");
    const registry = guarded.open({ auth: { username: "guest", password: "guest" } });
    await expect(registry.getService("any")).rejects.toMatchObject({ code: 403 });
    await expect(registry.register(recordOf("any", "any-1"))).rejects.toMatchObject({ code: 403 });
    await etcdctl("--user=root:root", "user", "grant-role", "guest", "registry");
    await registry.register(recordOf("any", "any-1"));
    expect(await registry.getService("any")).toHaveLength(1);
  });
});

/** A certificate authority, another one, and certificates of the first for a server on 127.0.0.1 and for a client. */
async function certify(folder: string): Promise<void> {
  const openssl = (...args: string[]): unknown => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  for (const name of ["ca", "other"])
    openssl("req", "-x509", ...fresh, "-keyout", `${name}.key`, "-out", `${name}.crt`, "-subj", `/CN=${name}`);
  await writeFile(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    openssl("req", ...fresh.slice(0, -2), "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...signing, "-out", `${name}.crt`);
  }
}
