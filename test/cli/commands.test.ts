import { randomUUID } from "node:crypto";
import { type EtcdCluster, etcdServer, type RunningProcess, requireServer, startEtcd } from "@micro/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { type Ended, micro, startGreeter, startMicro } from "./micro.ts";

const available = await requireServer(etcdServer);

// One name for each run: whoever else is on this network may answer to a common one.
const name = `go.micro.srv.greeter-${randomUUID().slice(0, 8)}`;
let etcd: EtcdCluster;
// It takes seconds to give up, while other tests go on.
let away: Promise<Ended>;

beforeAll(async () => {
  away = micro(["list", "services", "--registry=etcd", "--registry_address=127.0.0.1:1", "--log_level=fatal"]);
  if (available) etcd = await startEtcd();
});

afterAll(async () => {
  await etcd?.close();
});

describe.skipIf(!available).each([["mdns"], ["etcd"]])("on %s", (registry) => {
  let flags: string[];
  let greeters: RunningProcess[];

  beforeAll(async () => {
    flags = registry === "mdns" ? ["--registry=mdns"] : ["--registry=etcd", `--registry_address=${etcd.addresses[0]}`];
    const own = ["--server_address=127.0.0.1:0", ...flags];
    greeters = await Promise.all([
      startGreeter(name, [...own, "--server_version=1", "--server_id=one"]),
      startGreeter(name, [...own, "--server_version=2", "--server_id=two"]),
    ]);
    await eventually(
      () => ask("list", "nodes"),
      ({ out }) => expect(out.match(new RegExp(`^${name}\t`, "gm"))).toHaveLength(2),
    );
  });

  afterAll(async () => {
    await Promise.all(greeters.map((greeter) => greeter.stop()));
  });

  const ask = (...args: string[]): Promise<Ended> => micro([...flags, ...args]);

  // These only ask, and go on side by side.
  it.concurrent("case 46: list services names each once, one a line, in order", async () => {
    const { code, out, err } = await ask("list", "services");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.trimEnd().split("\n");
    expect(lines.filter((line) => line === name)).toHaveLength(1);
    expect(lines).toEqual([...new Set(lines)].sort());
  });

  it.concurrent("case 46: get service shows versions, nodes and endpoints as go-micro's tools do", async () => {
    const { code, out } = await ask("get", "service", name);
    expect(code).toBe(0);
    const node = (id: string) =>
      `ID\tAddress\tMetadata\n${id}\t127.0.0.1:\\d+\tbroker=http,protocol=grpc,registry=${registry},server=grpc,transport=grpc\n`;
    expect(out).toMatch(
      new RegExp(
        `^service {2}${name}\n\nversion 1\n\n${node(`${name}-one`)}\nversion 2\n\n${node(`${name}-two`)}\nEndpoint: `,
      ),
    );
    expect(out).toContain("\nEndpoint: Say.Hello\n\nRequest: {\n\tname string\n}\n\nResponse: {\n\tmsg string\n}\n\n");
    expect(out).toContain("\nEndpoint: Say.Count\n\nMetadata: stream=true\n\nRequest: {}\n\nResponse: {}\n\n");
    expect(out.endsWith("}\n\n")).toBe(true);
  });

  it.concurrent("get service --output=json gives the registry's records", async () => {
    const { out } = await ask("get", "service", name, "--output=json");
    const records = JSON.parse(out);
    expect(records.map((record: { version: string }) => record.version)).toEqual(["1", "2"]);
    expect(records[0]).toMatchObject({ name, nodes: [{ id: `${name}-one` }] });
  });

  it.concurrent("case 46: call prints the reply as JSON indented with tabs", async () => {
    expect(await ask("call", name, "Say.Hello", '{"name":"Ann"}')).toEqual({
      code: 0,
      out: '{\n\t"msg": "Hello Ann"\n}\n',
      err: "",
    });
  });

  it.concurrent("call takes JSON in pieces, and {} without any", async () => {
    expect((await ask("call", name, "Say.Hello", '{"name":', '"Ann B"}')).out).toBe('{\n\t"msg": "Hello Ann B"\n}\n');
    expect((await ask("call", name, "Say.Hello")).out).toBe('{\n\t"msg": "Hello "\n}\n');
  });

  it.concurrent("call keeps all digits of big numbers, and hands metadata on with = in its values", async () => {
    const { out } = await ask(
      "call",
      name,
      "Say.Echo",
      '{"big":9007199254740993}',
      "--metadata=token=a=b==",
      "--metadata",
      "trace=7",
    );
    expect(JSON.parse(out)).toMatchObject({ big: "9007199254740993", metadata: { token: "a=b==", trace: "7" } });
  });

  it.concurrent("call --output=raw prints the reply's bytes", async () => {
    expect((await ask("call", "-o", "raw", name, "Say.Hello", '{"name":"Ann"}')).out).toBe('{"msg":"Hello Ann"}\n');
  });

  it.concurrent("call --address asks that node, the next of the list when the first is away", async () => {
    const address = (await ask("list", "nodes", "--output=json")).out;
    const node = JSON.parse(address).find((each: { id: string }) => each.id === `${name}-two`);
    const flag = `--address=127.0.0.1:1,${node.address}`;
    expect((await micro(["call", flag, "--registry=memory", name, "Say.Hello"])).out).toContain("Hello");
  });

  it.concurrent("case 46: a call that fails prints the error's JSON on standard error and ends with 1", async () => {
    expect(await ask("call", name, "Say.Fail")).toEqual({
      code: 1,
      out: "",
      err: `error calling ${name}.Say.Fail: {"id":"${name}","code":409,"detail":"boom","status":"Conflict"}\n`,
    });
  });

  it.concurrent("case 46: health asks every node of every version", async () => {
    const { code, out } = await ask("health", name);
    expect(code).toBe(0);
    const block = (version: string, id: string) =>
      `version ${version}\n\nnode\t\taddress:port\t\tstatus\n${name}-${id}\t\t127.0.0.1:\\d+\t\tok\n`;
    expect(out).toMatch(new RegExp(`^service {2}${name}\n\n${block("1", "one")}\n${block("2", "two")}$`));
  });

  it.concurrent("case 46: stats asks every node", async () => {
    const { code, out } = await ask("stats", name);
    expect(code).toBe(0);
    expect(out).toMatch(
      /\n\nversion 1\n\nnode\t\taddress:port\t\tstarted\tuptime\tmemory\tthreads\tgc\n\S+-one\t\t127\.0\.0\.1:\d+\t\t[A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d\t(\d+h)?(\d+m)?\d+s\t\d+\.\d\dmb\t\d+\t[\d.]+(µs|ms|s)\n/,
    );
  });

  it.concurrent("stream prints each reply until the last", async () => {
    expect(await ask("stream", name, "Say.Count", '{"count":3}')).toEqual({
      code: 0,
      out: '{}\n{\n\t"number": "1"\n}\n{\n\t"number": "2"\n}\n',
      err: "",
    });
  });

  it.concurrent("stream - sends each line of its input, and says which of them is no JSON", async () => {
    const { code, out } = await micro([...flags, "stream", name, "Say.Chat", "-"], {
      input: '{"name":"a"}\n\n{"name":"b"}\n',
    });
    expect({ code, out }).toEqual({ code: 0, out: '{\n\t"msg": "Hello a"\n}\n{\n\t"msg": "Hello b"\n}\n' });
    const failed = await micro([...flags, "stream", name, "Say.Chat", "-"], { input: "{nonsense\n" });
    expect(failed).toMatchObject({ code: 2, err: expect.stringMatching(/^micro: \{nonsense is no JSON: /) });
  });

  it.concurrent("stream ends in order when it is interrupted", async () => {
    await using stream = await startMicro([...flags, "stream", name, "Debug.Log", '{"stream":true}']);
    await stream.waitForLine("message");
    stream.signal("SIGINT");
    expect(await stream.exited).toEqual({ code: 0, signal: null });
  });

  it.concurrent("case 46: publish prints ok, and the message has arrived when it ends", async () => {
    const seen = greeters.map((greeter) => greeter.output().length);
    expect(await ask("publish", `${name}.events`, '{"id":9007199254740993}', "--metadata=by=cli")).toEqual({
      code: 0,
      out: "ok\n",
      err: "",
    });
    await Promise.all(
      greeters.map((greeter, at) => greeter.waitForLine(/got .*9007199254740993.* by cli/, { after: seen[at] ?? 0 })),
    );
  });

  it.concurrent("subscribe prints what is published, and ends after --count", async () => {
    const topic = `${name}.told`;
    await using subscriber = await startMicro([...flags, "subscribe", topic, "--count=2", "--output=json"]);
    await subscriber.waitForLine(`subscribed to ${topic}`);
    await ask("publish", topic, '{"n":1}');
    await ask("publish", topic, '{"n":2}');
    expect(await subscriber.exited).toEqual({ code: 0, signal: null });
    const lines = subscriber.output().match(/^\{.*\}$/gm) ?? [];
    expect(lines.map((line) => JSON.parse(line).body)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it.concurrent("publish and subscribe speak the dialect of brokers before go-micro v2.5 when asked to", async () => {
    const topic = `${name}.older`;
    const args = ["--broker_dialect=v1", "--count=1", "--output=json"];
    await using subscriber = await startMicro([...flags, "subscribe", topic, ...args]);
    await subscriber.waitForLine(`subscribed to ${topic}`);
    expect((await ask("list", "services")).out).toContain("go.micro.http.broker\n");
    await ask("publish", topic, '{"n":1}', "--broker_dialect=v1");
    expect(await subscriber.exited).toEqual({ code: 0, signal: null });
    expect(subscriber.output()).toContain('"body":{"n":1}');
  });

  it.concurrent("subscribe ends in order when it is interrupted", async () => {
    await using subscriber = await startMicro([...flags, "subscribe", `${name}.quiet`]);
    await subscriber.waitForLine("subscribed to");
    subscriber.signal("SIGINT");
    expect(await subscriber.exited).toEqual({ code: 0, signal: null });
  });

  it.concurrent("flags stand before the command or after it, and variables stand in for them", async () => {
    const after = await micro(["list", "services", ...flags]);
    const env = {
      MICRO_REGISTRY: registry,
      MICRO_REGISTRY_ADDRESS: registry === "etcd" ? (etcd.addresses[0] ?? "") : "",
    };
    const variables = await micro(["list", "services"], { env });
    expect(after.out).toContain(`${name}\n`);
    expect(variables.out).toContain(`${name}\n`);
  });

  // On mDNS each node answers for itself, and a frozen one is not there to be asked.
  if (registry === "etcd")
    it("a frozen node shows its error while the others answer, with exit code 1", async () => {
      const [, second] = greeters;
      second?.freeze();
      const { code, out, err } = await ask("health", name, "--client_request_timeout=300ms");
      second?.thaw();
      expect(code).toBe(1);
      expect(out).toMatch(/-one\t\t\S+\t\tok\n/);
      expect(out).toMatch(/-two\t\t\S+\t\t\{"id":.*"code":408/);
      expect(err).toBe(`not every node of ${name} is well\n`);
    });
});

// These wait for this and that, and go on side by side.
describe.skipIf(!available).concurrent("case 46: register and deregister", () => {
  const record = (id: string): string =>
    `{"Name":"${name}.by-hand","Version":"1","Nodes":[{"Id":"${id}","Address":"127.0.0.1:9"}]}`;

  it("keep a record in etcd until it is taken back, keys in any case", async () => {
    const flags = ["--registry=etcd", `--registry_address=${etcd.addresses[0]}`];
    expect(await micro([...flags, "register", "service", record("h1")])).toEqual({ code: 0, out: "ok\n", err: "" });
    expect((await micro([...flags, "get", "service", `${name}.by-hand`])).out).toContain("\nh1\t127.0.0.1:9\t\n");
    const health = await micro([...flags, "health", `${name}.by-hand`]);
    expect(health.code).toBe(1);
    expect(await micro([...flags, "registry", "deregister", "service", record("h1")])).toMatchObject({
      code: 0,
      out: "ok\n",
    });
    const gone = await micro([...flags, "get", "service", `${name}.by-hand`]);
    expect(gone).toEqual({ code: 1, out: "", err: `micro: service not found: ${name}.by-hand in registry etcd\n` });
  });

  it("answer for a record on mDNS until they are interrupted", async () => {
    await using registration = await startMicro(["register", "service", record("h2")]);
    await registration.waitForLine("Ctrl-C takes it back");
    expect((await micro(["get", `${name}.by-hand`])).out).toContain("\nh2\t127.0.0.1:9\t");
    registration.signal("SIGINT");
    expect(await registration.exited).toEqual({ code: 0, signal: null });
    expect((await micro(["get", `${name}.by-hand`])).code).toBe(1);
  });
});

describe.concurrent("health --check_service", () => {
  it("answers probes with how its node is, each time anew", async () => {
    const service = `${name}.probed`;
    await using greeter = await startGreeter(service, ["--registry=memory", "--server_address=127.0.0.1:0"]);
    const [, node] = /Server \[grpc\] Listening on (\S+)/.exec(greeter.output()) ?? [];
    const flags = [`--check_service=${service}`, `--check_address=${node}`, "--address=127.0.0.1:0"];
    await using probe = await startMicro(["health", ...flags, "--client_request_timeout=1s"]);
    const [, address] = /answered on (\S+)/.exec(await probe.waitForLine("GET /health is answered on")) ?? [];
    const get = async (path: string): Promise<[number, string]> => {
      const reply = await fetch(`http://${address}${path}`);
      return [reply.status, await reply.text()];
    };
    expect(await get("/health")).toEqual([200, "OK"]);
    expect(await get("/other")).toEqual([404, ""]);
    await greeter.kill9();
    expect(await get("/health")).toEqual([500, "NOT_HEALTHY"]);
    probe.signal("SIGTERM");
    expect(await probe.exited).toEqual({ code: 0, signal: null });
  });

  it("without an address to check is a mistake", async () => {
    const { code, err } = await micro(["health", "--check_service=x"]);
    expect(code).toBe(2);
    expect(err).toContain("--check_address is missing");
  });
});

describe("a registry that is away", () => {
  it("is one line that names it, and exit code 1", async () => {
    const { code, out, err } = await away;
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^micro: registry etcd could not list its services: [^\n]*127\.0\.0\.1:1[^\n]*\n$/);
  });
});
