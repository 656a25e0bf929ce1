import { type EtcdCluster, etcdServer, freePort, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseImage, type Container, imageBuilder } from "./image-builder.ts";
import { micro, programs, sampleAnswer, samplePath, userApi, userClient, userSrv } from "./programs.ts";

const builder = await imageBuilder();
const etcdAvailable = await requireServer(etcdServer);

describe.skipIf(!builder)("the images", () => {
  if (!builder) return;
  const { build, config, size, start, close } = builder;

  beforeAll(async () => {
    for (const { name, dockerfile, image } of programs) {
      const began = performance.now();
      await build(dockerfile, image);
      const megabytes = (await size(image)) / 1e6;
      const seconds = (performance.now() - began) / 1000;
      console.log(`${name}: ${megabytes.toFixed(1)} MB, built by ${builder.name} in ${seconds.toFixed(1)} s`);
    }
  }, 900_000);
  afterAll(() => close());

  describe.each(programs)("of $name", ({ name, image }) => {
    it("runs the bundle as a user that is not root, without a shell between", async () => {
      expect(await config(image)).toMatchObject({
        User: "node",
        Entrypoint: ["node", "main.mjs"],
        StopSignal: "SIGTERM",
        Env: expect.arrayContaining(["NODE_ENV=production"]),
      });
    });

    it("adds less than 10 MB to its base", async () => {
      expect((await size(image)) - (await size(baseImage))).toBeLessThan(10e6);
    });

    it("asks the program itself whether it is well", async () => {
      const kinds: Record<string, string[]> = {
        "user-client": ["NONE"],
        micro: ["CMD", "node", "healthcheck.mjs", "http"],
      };
      expect((await config(image)).Healthcheck.Test).toEqual(kinds[name] ?? ["CMD", "node", "healthcheck.mjs", "grpc"]);
    });
  });

  describe.skipIf(!etcdAvailable)("of the sample, running on etcd", () => {
    let etcd: EtcdCluster;
    let url: string;
    let registry: Record<string, string>;
    const running: { name: string; container: Container }[] = [];

    beforeAll(async () => {
      etcd = await startEtcd();
      registry = { MICRO_REGISTRY: "etcd", MICRO_REGISTRY_ADDRESS: etcd.addresses[0] ?? "" };
      const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
      for (const { name, image } of [userSrv, userApi]) {
        const container = await start(image, [], { MICRO_SERVER_ADDRESS: await address(), ...registry });
        running.push({ name, container });
        await container.process.waitForLine(/Registry \[etcd\] Registering node/);
      }
      const gateway = await address();
      const container = await start(micro.image, [], { MICRO_API_ADDRESS: gateway, ...registry });
      running.push({ name: micro.name, container });
      await container.process.waitForLine(/HTTP API \[api\] Listening/);
      url = `http://${gateway}`;
    });
    afterAll(async () => {
      for (const { container } of running) await container.stop();
      await etcd?.close();
    });

    it("answers byte for byte", async () => {
      await expect.poll(async () => (await fetch(url + samplePath)).text(), { timeout: 20_000 }).toBe(sampleAnswer);
    });

    it("takes flags after the image's name", async () => {
      const flags = ["huohuo", "--registry=etcd", `--registry_address=${etcd.addresses[0]}`];
      await using client = await start(userClient.image, flags, {});
      expect(await client.process.exited).toEqual({ code: 0, signal: null });
      expect(client.process.output()).toContain("id=123 name=huohuo pwd=dslhgfoif40u9b9");
    });

    it("is not root, holds nothing but the bundle, and cannot change it", async () => {
      for (const { name, container } of running) {
        expect(await told(container, ["id", "-un"])).toEqual({ code: 0, output: "node\n" });
        const { code, output } = await told(container, ["ls", "/app"]);
        expect(code).toBe(0);
        const files = output.trim().split("\n");
        const own = ["LICENSES.txt", "healthcheck.mjs", "main.mjs", "main.mjs.map"];
        // The gateway's bundle is in parts, loaded when they are needed, and has a page.
        const parts = /^([\w-]+-[0-9A-Z]{8}\.mjs(\.map)?|swagger-ui)$/;
        const others = files.filter((file) => !own.includes(file));
        expect(files).toEqual(expect.arrayContaining(own));
        expect(others.filter((file) => name !== micro.name || !parts.test(file))).toEqual([]);
        expect(await told(container, ["touch", "/app/main.mjs"])).toMatchObject({
          code: 1,
          output: expect.stringContaining("Permission denied"),
        });
      }
    });

    it("is well in its own eyes", async () => {
      for (const { name, container } of running) {
        const check = (await config(imageOf(name))).Healthcheck.Test.slice(1);
        expect({ name, ...(await container.exec(check)) }).toEqual({ name, code: 0, output: "" });
      }
    });

    it("ends with 0 on the stop signal and leaves the registry empty", async () => {
      for (const { container } of running) expect(await container.stop()).toEqual({ code: 0, signal: null });
      expect(await etcd.etcdctl("get", "--prefix", "--keys-only", "/micro/registry/")).toBe("");
    });
  });
});

/** Runs what always says something; again when nothing came, since buildah has lost the words of a short run on a busy machine. */
async function told(container: Container, command: readonly string[]): ReturnType<Container["exec"]> {
  for (let attempt = 1; ; attempt++) {
    const result = await container.exec(command);
    if (result.output !== "" || attempt === 5) return result;
  }
}

function imageOf(name: string): string {
  const found = programs.find((program) => program.name === name);
  if (!found) throw new Error(`no program is called ${name}`);
  return found.image;
}
