import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { mucp, mucpProtocol } from "../mucp/mucp.ts";
import type { Protocol } from "../protocol/protocol.ts";
import { listen } from "../server/listener.ts";
import { memoryTransport } from "../transport/memory.ts";
import { closeStack } from "../words/lifecycle.ts";
import { createService, type ServiceOptions } from "./create-service.ts";
import { Debug } from "./gen/debug.ts";

const argv = ["--registry=memory", "--log_level=error"];
const inProcess = { argv, env: {}, noticeMs: 0, localCalls: "never" } as const;
// No interface of this machine has it.
const elsewhere = "192.0.2.7:0";

describe("what a service speaks", () => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("is what the program says, to and from others, and has no port where that needs none", async () => {
    const protocols = [mucpProtocol({ transport: memoryTransport() })];
    const service = await started({ protocols, address: elsewhere });
    expect(service.address).toMatch(/^192\.0\.2\.7:\d+$/);
    const [record] = await service.registry.getService(service.name);
    expect(record?.nodes[0]?.address).toBe(service.address);
    expect(record?.nodes[0]?.metadata).toMatchObject({ protocol: "mucp", transport: "memory" });
    expect(await health(service.name, { protocols })).toEqual({ status: "ok" });
    const another = [mucpProtocol({ transport: memoryTransport() })];
    await expect(health(service.name, { protocols: another })).rejects.toMatchObject({ code: 503 });
  });

  it("goes over memory with --transport, for all of a process that ask for it", async () => {
    const overMemory = { argv: [...argv, "--transport=memory"] };
    const service = await started({ argv: [...overMemory.argv, "--server=mucp"], address: "127.0.0.1:0" });
    const [record] = await service.registry.getService(service.name);
    expect(record?.nodes[0]?.metadata).toMatchObject({ protocol: "mucp", transport: "memory" });
    expect(await health(service.name, overMemory)).toEqual({ status: "ok" });
    // Over http nobody is there.
    await expect(health(service.name)).rejects.toMatchObject({ code: 503 });
  });

  it("leaves gRPC on its port whatever mucp goes over", async () => {
    const service = await started({ argv: [...argv, "--transport=memory"] });
    const [record] = await service.registry.getService(service.name);
    expect(record?.nodes[0]?.metadata).toMatchObject({ protocol: "grpc", transport: "grpc" });
    expect(await health(service.name)).toEqual({ status: "ok" });
  });

  it("lets go of its memory address when it stops", async () => {
    const options = { argv: [...argv, "--transport=memory", "--server=mucp"], address: "127.0.0.1:0" };
    const service = await started(options);
    const { address } = service;
    await service.stop();
    await started({ ...options, address });
  });

  it.each([
    ["--transport=nats", "nats"],
    ["--client=http", "http"],
  ])("is refused as unknown with %s", async (flag, word) => {
    const service = open.use(createService({ ...inProcess, name: "a", argv: [...argv, flag] }));
    await expect(service.start()).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(word),
    });
  });

  it("is by --client with nodes that a call names by address, else the first", async () => {
    const service = await started();
    const address = service.address.replace("[::]", "127.0.0.1");
    const spoken: string[] = [];
    const spy = (name: string): Protocol => ({
      ...mucp,
      name,
      connect: (...args) => {
        spoken.push(name);
        return mucp.connect(...args);
      },
    });
    const protocols = [spy("grpc"), spy("mucp")];
    for (const options of [{}, { argv: [...argv, "--client=mucp"] }, { client: { protocol: "mucp" } }]) {
      await health(service.name, { protocols, ...options }, address);
    }
    expect(spoken).toEqual(["grpc", "mucp", "mucp"]);
  });

  it("is announced by --server also among protocols of the program's own", async () => {
    const protocols = [{ ...mucp, name: "other" }, mucp];
    const service = await started({ protocols, argv: [...argv, "--server=mucp"] });
    const [record] = await service.registry.getService(service.name);
    expect(record?.nodes[0]?.metadata).toMatchObject({ protocol: "mucp", server: "mucp" });
  });

  it("comes through the port that the program opens", async () => {
    const opened: string[] = [];
    const service = await started({
      listen: async (options) => {
        const listener = await listen({ ...options, address: { host: "127.0.0.1", port: 0 } });
        opened.push(String(listener.address.port));
        return listener;
      },
    });
    expect(opened).toEqual([service.address.split(":")[1]]);
    const socket = connect(Number(opened[0]), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.destroy();
  });

  async function started(options: Partial<ServiceOptions> = {}) {
    const service = open.use(createService({ ...inProcess, name: "go.micro.srv.spoken", ...options }));
    await service.start();
    return service;
  }

  function health(name: string, options: Partial<ServiceOptions> = {}, address?: string) {
    const caller = open.use(createService({ ...inProcess, name: "cli", ...options }));
    return caller.client(Debug, name).health({}, { retries: 0, ...(address !== undefined && { address }) });
  }
});
