import { afterEach, describe, expect, it } from "vitest";
import { codecTable } from "../codec/codecs.ts";
import { jsonCodec } from "../codec/json.ts";
import type { MessageType, ServiceDescription } from "../words/description.ts";
import { closeStack } from "../words/lifecycle.ts";
import { createService } from "./create-service.ts";
import { Debug } from "./gen/debug.ts";
import type { Service } from "./service.ts";
import type { ServiceOptions } from "./service-options.ts";

const { request } = Debug.methods.health;
const anything: MessageType = {
  name: "Anything",
  fields: [],
  encode: () => new Uint8Array(0),
  decode: () => ({}),
  toJson: (value) => value,
  fromJson: (json) => json,
};
const method = { kind: "unary", name: "Echo", request, response: anything } as const;
const Peer = { name: "Peer", fullName: "test.Peer", methods: { echo: method } } satisfies ServiceDescription;
const asked = { service: "a", nope: 1 };

describe.each(["grpc", "mucp"])("a JSON field that nobody knows, by %s,", (server) => {
  const inProcess = { env: {}, noticeMs: 0, localCalls: "never" } as const;
  const argv = ["--registry=memory", "--log_level=fatal", `--server=${server}`];
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  const made = (options: Partial<ServiceOptions> = {}): Service =>
    open.use(createService({ ...inProcess, argv, name: "srv", ...options }));

  async function serve(options: Partial<ServiceOptions> = {}): Promise<Service> {
    const service = made(options).handle(Peer, { echo: (got) => (options.name === "newer" ? asked : got) });
    await service.start();
    return service;
  }

  function echo(contentType: string): Promise<unknown> {
    const plan = { service: "srv", endpoint: "Peer.Echo", contentType };
    return made({ name: "cli" }).rawClient.prepare(plan)(asked);
  }

  it.each(["application/json", "application/grpc+json"])("of a request in %s is passed over", async (contentType) => {
    await serve();
    expect(await echo(contentType)).toEqual({ service: "a" });
  });

  it.each(["application/json", "application/grpc+json"])(
    "of a request in %s is 400 that names it, where the service says so",
    async (contentType) => {
      await serve({ unknownFields: "refuse" });
      const detail = expect.stringMatching(/HealthRequest: unknown field "nope"/);
      await expect(echo(contentType)).rejects.toMatchObject({ code: 400, detail });
    },
  );

  it("of a reply is passed over, whatever the caller says of requests to itself", async () => {
    await serve({ name: "newer" });
    const call = made({ name: "cli", unknownFields: "refuse" }).rawClient.prepare({
      service: "newer",
      endpoint: "Peer.Echo",
      contentType: "application/json",
      request: anything,
      response: request,
    });
    expect(await call({})).toEqual({ service: "a" });
  });
});

describe("JSON-RPC in a plain POST", () => {
  it.each([
    [undefined, { result: { service: "a" }, error: null }],
    ["refuse", { result: null, error: expect.stringContaining('unknown field \\"nope\\"') }],
  ] as const)("with a field that nobody knows, at a service that says %s", async (unknownFields, answer) => {
    await using service = createService({
      name: "srv",
      address: "127.0.0.1:0",
      argv: ["--registry=memory", "--log_level=fatal"],
      env: {},
      noticeMs: 0,
      ...(unknownFields && { unknownFields }),
    });
    await service.handle(Peer, { echo: (got) => got }).start();
    const response = await fetch(`http://${service.address}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ method: "Peer.Echo", params: [asked], id: 1 }),
    });
    expect(await response.json()).toMatchObject(answer);
  });
});

it("a service with codecs of its own is told that unknownFields is theirs to say", async () => {
  const codecs = codecTable([jsonCodec({ unknownFields: "refuse" })]);
  const options = { name: "srv", argv: ["--registry=memory"], env: {} };
  await using both = createService({ ...options, codecs, unknownFields: "refuse" });
  await expect(both.start()).rejects.toThrow("jsonCodec({ unknownFields })");
});
