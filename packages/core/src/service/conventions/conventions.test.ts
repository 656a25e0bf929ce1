import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { testClock } from "../../words/clock.ts";
import type { MessageType, MethodDescription } from "../../words/description.ts";
import { closeStack } from "../../words/lifecycle.ts";
import { type Logger, silentLogger } from "../../words/logger.ts";
import { createService, type ServiceOptions } from "../create-service.ts";
import { Debug } from "../gen/debug.ts";
import { Health } from "../gen/grpc_health_v1.ts";
import { ServerReflectionRequest, ServerReflectionResponse } from "../gen/grpc_reflection_v1.ts";
import type { Service } from "../service.ts";

const name = "go.micro.srv.shop";
const [serving, notServing, serviceUnknown] = [bytes("0801"), bytes("0802"), bytes("0803")];

describe.each(["micro", "grpc-js"])("a service on the gRPC engine %s", (engine) => {
  let open = closeStack();
  afterEach(async () => {
    await open.close();
    open = closeStack();
  });

  it("answers gRPC's health check, with and without the proto package, and tells no registry of it", async () => {
    const service = await started();
    const { unary } = plain(service);
    expect(await unary("/grpc.health.v1.Health/Check", bytes(""))).toEqual(serving);
    expect(await unary("/Health/Check", bytes(""))).toEqual(serving);
    for (const known of [name, "Orders", "shop.v1.Orders"]) {
      const request = Buffer.concat([Buffer.from([0x0a, known.length]), Buffer.from(known)]);
      expect(await unary("/grpc.health.v1.Health/Check", request)).toEqual(serving);
    }
    await expect(unary("/grpc.health.v1.Health/Check", bytes("0a017a"))).rejects.toMatchObject({ code: 5 });
    const [record] = await service.registry.getService(name);
    expect(record?.endpoints.map((endpoint) => endpoint.name)).toEqual(["Orders.Place"]);
  });

  it("answers its own client's health check by the registry's name", async () => {
    await started();
    const health = open.use(createService({ ...quiet, name: "cli" })).client(Health, name);
    expect(await health.check({ service: "Orders" })).toEqual({ status: 1 });
    await expect(health.check({ service: "zzz" })).rejects.toMatchObject({ code: 404, id: name });
    expect(Object.keys((await health.list({})).statuses)).toEqual(["", name, "shop.v1.Orders", "Orders"]);
  });

  it("says that it does not serve while it leaves, though it still answers", async () => {
    const clock = testClock();
    const service = await started({ clock, noticeMs: 1_000 });
    const { unary, stream } = plain(service);
    const watch = stream("/grpc.health.v1.Health/Watch", bytes(""));
    expect(await watch.next()).toEqual(serving);
    const stopped = service.stop();
    expect(await watch.next()).toEqual(notServing);
    expect(await unary("/grpc.health.v1.Health/Check", bytes(""))).toEqual(notServing);
    expect(await unary("/shop.v1.Orders/Place", bytes(""))).toEqual(bytes(""));
    await clock.advance(1_000);
    await stopped;
  });

  it("lets go of streams that callers hold open when it stops", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (line: string | object) => void lines.push(String(line)) };
    const service = await started({ reflection: true, drainTimeoutMs: 600_000, logger });
    const { stream } = plain(service);
    const known = stream("/grpc.health.v1.Health/Watch", bytes(""));
    const unknown = stream("/grpc.health.v1.Health/Watch", bytes("0a017a"));
    const reflection = stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", listServices, {
      hold: true,
    });
    expect([await known.next(), await unknown.next()]).toEqual([serving, serviceUnknown]);
    await reflection.next();
    await service.stop();
    expect([await known.next(), await known.next()]).toEqual([notServing, undefined]);
    expect([await unknown.next(), await reflection.next()]).toEqual([undefined, undefined]);
    expect(lines).toEqual([]);
  });

  it("stops though nobody reads what is watched any more", async () => {
    const service = await started({ drainTimeoutMs: 600_000 });
    const watch = plain(service).stream("/grpc.health.v1.Health/Watch", bytes(""));
    await watch.next();
    watch.cancel();
    await service.stop();
  });

  it.each(["v1", "v1alpha"])("tells of its services by reflection %s", async (version) => {
    const { stream } = plain(await started({ reflection: true }));
    const answers = stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, listServices);
    const answer = ServerReflectionResponse.decode((await answers.next()) ?? bytes(""));
    expect(answer.originalRequest).toEqual({ host: "", listServices: "" });
    expect(answer.listServicesResponse?.service.map((service) => service.name)).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "shop.v1.Orders",
    ]);
    expect(await answers.next()).toBeUndefined();
    const fileContainingSymbol = `grpc.reflection.${version}.ServerReflectionRequest`;
    const file = stream(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      ServerReflectionRequest.encode({ fileContainingSymbol }),
    );
    const found = ServerReflectionResponse.decode((await file.next()) ?? bytes(""));
    expect(found.fileDescriptorResponse?.fileDescriptorProto).toHaveLength(1);
  });

  it.each<[string, Partial<ServiceOptions>, boolean]>([
    ["by default", {}, false],
    ["by option", { reflection: true }, true],
    ["by flag", { argv: ["--grpc_reflection"] }, true],
    ["by environment", { env: { MICRO_GRPC_REFLECTION: "true" } }, true],
    ["by a flag over the option", { reflection: true, argv: ["--grpc_reflection=false"] }, false],
  ])("has reflection or not: %s", async (_, options, there) => {
    const { stream } = plain(await started(options));
    const answer = stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", listServices).next();
    if (there) expect((await answer)?.length).toBeGreaterThan(0);
    else await expect(answer).rejects.toMatchObject({ code: 12 });
  });

  it("keeps what it handles internally from reflection", async () => {
    const service = create({ reflection: true });
    service.handle({ name: "Secret", fullName: "shop.Secret", methods: {} }, {}, { internal: true });
    await service.start();
    const answers = plain(service).stream("/ServerReflection/ServerReflectionInfo", listServices);
    expect(Buffer.from((await answers.next()) ?? []).toString()).not.toContain("Secret");
  });

  it("answers with the program's own Health and ServerReflection where it has them", async () => {
    const lines: string[] = [];
    const logger: Logger = { ...silentLogger, info: (line: string | object) => void lines.push(String(line)) };
    const service = create({ reflection: true, logger });
    const check: MethodDescription<"unary", Uint8Array, Uint8Array> = {
      kind: "unary",
      name: "Check",
      request: raw,
      response: raw,
    };
    service.handle({ name: "Health", fullName: "shop.Health", methods: { check } }, { check: () => bytes("2a00") });
    service.handle({ name: "ServerReflection", fullName: "shop.ServerReflection", methods: {} }, {});
    await service.start();
    expect(await plain(service).unary("/grpc.health.v1.Health/Check", bytes(""))).toEqual(bytes("2a00"));
    expect(lines.filter((line) => line.includes("is not added"))).toEqual([
      "grpc.health.v1.Health is not added: the program's shop.Health has the handler name Health",
      "grpc.reflection.v1.ServerReflection is not added: the program's shop.ServerReflection has the handler name ServerReflection",
    ]);
  });

  it("keeps no spans of probes", async () => {
    const service = await started({ argv: ["--tracer=memory"] });
    const { unary } = plain(service);
    await unary("/grpc.health.v1.Health/Check", bytes(""));
    await unary("/shop.v1.Orders/Place", bytes(""));
    const debug = open.use(createService({ ...quiet, name: "cli" })).client(Debug, name);
    expect((await debug.trace({})).spans.map((span) => span.name)).toEqual([`${name}.Orders.Place`]);
  });

  function create(options: Partial<ServiceOptions> = {}): Service {
    const { argv = [], ...others } = options;
    return open.use(
      createService({
        ...quiet,
        name,
        address: "127.0.0.1:0",
        ...others,
        argv: [...quiet.argv, `--grpc_engine=${engine}`, ...argv],
      }),
    );
  }

  async function started(options: Partial<ServiceOptions> = {}): Promise<Service> {
    const service = create(options);
    const place: MethodDescription<"unary", Uint8Array, Uint8Array> = {
      kind: "unary",
      name: "Place",
      request: raw,
      response: raw,
    };
    service.handle({ name: "Orders", fullName: "shop.v1.Orders", methods: { place } }, { place: (request) => request });
    await service.start();
    return service;
  }

  /** A gRPC client that knows nothing of go-micro: paths and bytes. */
  function plain(service: Service) {
    const client = new Client(service.address, credentials.createInsecure());
    open.defer(() => client.close());
    const same = (value: Buffer): Buffer => value;
    return {
      unary: (path: string, request: Uint8Array) =>
        new Promise<Buffer | undefined>((resolve, reject) => {
          client.makeUnaryRequest(
            path,
            same,
            same,
            Buffer.from(request),
            (error: ServiceError | null, reply?: Buffer) => (error ? reject(error) : resolve(reply)),
          );
        }),
      /** One request; each `next` is a further reply, undefined after the last. `hold` leaves the asking side open. */
      stream(path: string, request: Uint8Array, { hold = false } = {}) {
        const call = client.makeBidiStreamRequest(path, same, same);
        call.write(Buffer.from(request));
        if (!hold) call.end();
        const replies = call[Symbol.asyncIterator]();
        return {
          next: async (): Promise<Buffer | undefined> => (await replies.next()).value,
          cancel() {
            call.on("error", () => undefined); // the cancellation itself
            call.cancel();
          },
        };
      },
    };
  }
});

const quiet = { argv: ["--registry=memory", "--log_level=error"], env: {}, noticeMs: 0 };
const listServices = bytes("3a00");

const raw: MessageType<Uint8Array> = {
  name: "raw",
  fields: [],
  encode: (value) => value,
  decode: (value) => value,
  toJson: (value) => value,
  fromJson: (value) => value as Uint8Array,
};

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}
