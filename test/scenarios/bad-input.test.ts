import { createServer } from "node:net";
import { etcdServer, freePort, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, send } from "./http.ts";
import { startGateway, startProgram } from "./programs.ts";

describe("a program started wrongly", () => {
  const cases: [string, Parameters<typeof startProgram>[0], string[], RegExp][] = [
    ["an unknown flag", "user-srv", ["--regstry=etcd"], /unknown flag --regstry; did you mean --registry\?/],
    [
      "an unknown registry",
      "user-srv",
      ["--registry=nope"],
      /registry "nope" is not known here; known are .*etcd.*mdns.*memory/,
    ],
    ["a malformed listen address", "user-srv", ["--server_address=nope"], /"nope" is no address; expected host:port/],
    [
      "a malformed registry address",
      "user-srv",
      ["--registry=etcd", "--registry_address=http://a:b:c"],
      /"http:\/\/a:b:c" is no address/,
    ],
    ["a duration that is none", "user-srv", ["--client_request_timeout=soon"], /--client_request_timeout.*soon/],
    ["an unknown flag of the gateway", "micro", ["api", "--handlr=api"], /--handlr.*--handler/],
    ["an unknown handler", "micro", ["api", "--handler=nope"], /"nope"; expected .*rpc.*api/],
    ["an unknown command", "micro", ["apii"], /apii.*api/],
    ["an unknown registry, calling", "user-client", ["--registry=nope"], /registry "nope" is not known here/],
  ];

  it.each(cases)("says %s in one line and ends with 2", async (_what, program, args, message) => {
    await expectRefusal(await startProgram(program, args), message);
  });

  it("says the same of an environment variable", async () => {
    await expectRefusal(
      await startProgram("user-srv", [], { MICRO_REGISTRY: "nope" }),
      /registry "nope" is not known here/,
    );
  });

  it.each([
    ["user-srv", (address: string) => ["--registry=memory", `--server_address=${address}`]],
    ["micro", (address: string) => ["api", "--registry=memory", `--address=${address}`]],
  ] as const)("says that the port of %s is in use and ends with 2", async (program, args) => {
    const port = await freePort();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve));
    try {
      const address = `127.0.0.1:${port}`;
      const started = await startProgram(program, args(address));
      expect(await started.exited).toEqual({ code: 2, signal: null });
      const errors = started
        .output()
        .split("\n")
        .filter((line) => line !== "" && !line.includes(" level=info "));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(new RegExp(`${address}.*in use`));
    } finally {
      taken.close();
    }
  });

  async function expectRefusal(started: RunningProcess, message: RegExp): Promise<void> {
    expect(await started.exited).toEqual({ code: 2, signal: null });
    expect(started.output().trimEnd().split("\n")).toHaveLength(1);
    expect(started.output()).toMatch(message);
  }
});

const available = await requireServer(etcdServer);

describe.skipIf(!available)("a gateway given bad input", () => {
  const running: RunningProcess[] = [];
  let api: string;
  let rpc: string;
  let etcd: Awaited<ReturnType<typeof startEtcd>>;

  beforeAll(async () => {
    etcd = await startEtcd();
    const registry = ["--registry=etcd", `--registry_address=${etcd.addresses}`];
    for (const program of ["user-srv", "user-api"] as const) {
      const started = await startProgram(program, registry);
      running.push(started);
      await started.waitForLine(/Registering node/);
    }
    const [apiPort, rpcPort] = [await freePort(), await freePort()];
    running.push(await startGateway(apiPort, registry));
    const rpcArgs = [
      "api",
      "--handler=rpc",
      `--address=127.0.0.1:${rpcPort}`,
      "--namespace=go.micro",
      "--type=srv",
      ...registry,
    ];
    const rpcGateway = await startProgram("micro", rpcArgs);
    running.push(rpcGateway);
    await rpcGateway.waitForLine(/HTTP API .*Listening/);
    api = `http://127.0.0.1:${apiPort}`;
    rpc = `http://127.0.0.1:${rpcPort}`;
  });

  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
    await etcd?.close();
  });

  it("answers 404 naming a service that nobody offers", async () => {
    const { status, body } = await get(`${api}/nobody/say/hello`);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({
      code: 404,
      detail: expect.stringContaining("go.micro.api.nobody"),
      status: "Not Found",
    });
  });

  it("answers 404 naming an endpoint that the service has not", async () => {
    const { status, body } = await get(`${api}/user/say/nope`);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({
      code: 404,
      detail: expect.stringMatching(/go\.micro\.api\.user.*Say\.Nope/),
    });
  });

  it("calls a typed service with JSON through the rpc handler", async () => {
    const json = { "content-type": "application/json" };
    const { status, body } = await send(`${rpc}/user/User/QueryUserByName`, "POST", json, '{"userName":"ann"}');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ user: { id: "123", name: "ann" } });
  });

  it.each([
    ["JSON that ends early", "application/json", '{"userName":'],
    ["JSON with a field that the message has not", "application/json", '{"nope":1}'],
    ["JSON with a value that does not fit", "application/json", '{"userName":{}}'],
    ["protobuf that ends early", "application/protobuf", "\x12\x7fann"],
    ["protobuf that is noise", "application/protobuf", "\xff\xff\xff\xff"],
  ])("answers 400 to %s", async (_what, contentType, body) => {
    const answer = await send(
      `${rpc}/user/User/QueryUserByName`,
      "POST",
      { "content-type": contentType },
      Buffer.from(body, "latin1"),
    );
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 400, status: "Bad Request" });
  });

  it("answers 413 to a body over the limit, told beforehand or not", async () => {
    const port = await freePort();
    const limited = await startProgram("micro", [
      "api",
      "--handler=rpc",
      `--address=127.0.0.1:${port}`,
      "--max_body=1000",
      "--registry=memory",
    ]);
    running.push(limited);
    await limited.waitForLine(/HTTP API .*Listening/);
    const url = `http://127.0.0.1:${port}/user/User/QueryUserByName`;
    for (const headers of [{ "content-length": "1001" }, { "transfer-encoding": "chunked" }]) {
      const { status, body } = await send(
        url,
        "POST",
        { "content-type": "application/json", ...headers },
        Buffer.alloc(1001, 0x20),
      );
      expect(status).toBe(413);
      expect(JSON.parse(body)).toMatchObject({ code: 413, status: "Request Entity Too Large" });
    }
  });

  it("skips a registry record that cannot be read, with one warning that names its key, and goes on", async () => {
    const key = "/micro/registry/go.micro.api.user/broken";
    await etcd.etcdctl("put", key, "{not json");
    const port = await freePort();
    const gateway = await startGateway(port, ["--registry=etcd", `--registry_address=${etcd.addresses}`]);
    running.push(gateway);
    for (let call = 0; call < 5; call++) {
      expect((await get(`http://127.0.0.1:${port}/user/say/hello?name=ann`)).status).toBe(200);
    }
    await etcd.etcdctl("put", key, "{still not json");
    expect((await get(`http://127.0.0.1:${port}/user/say/hello?name=ann`)).status).toBe(200);
    const warnings = gateway
      .output()
      .split("\n")
      .filter((line) => line.includes("level=warn"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(key);
  });
});
